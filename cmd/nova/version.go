package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func (p *program) version() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Say which version this is", Args: takes(), RunE: func(*cobra.Command, []string) error {
		_, err := fmt.Fprintf(p.stdout, "nova %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return err
	}}
}
