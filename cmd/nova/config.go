package main

import "github.com/spf13/cobra"

func (p *program) config() *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: "Print the settings in force and where each comes from; secrets are not shown", Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.settings(cmd)
			if err != nil {
				return err
			}
			return cfg.WriteYAML(p.stdout)
		},
	}
}
