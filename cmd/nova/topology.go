package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func (p *program) topology() *cobra.Command {
	describe := &cobra.Command{Use: "describe", Short: "Print the flow", Args: takes()}
	format := describe.Flags().String("format", "text", "text or mermaid")
	describe.RunE = func(*cobra.Command, []string) error {
		print, known := map[string]func([]topology.Group, []topology.Sink, []topology.Consumer) string{"text": topology.Describe, "mermaid": topology.Mermaid}[*format]
		if !known {
			return usageError{fmt.Errorf("--format must be text or mermaid, is %q", *format)}
		}
		_, err := io.WriteString(p.stdout, print(topology.Groups(&schemas.Codecs{}), topology.Sinks(), topology.Consumers()))
		return err
	}
	return group("topology", "The map of topics, groups and tables", describe)
}
