package main

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/identity"
)

func (p *program) token() *cobra.Command {
	return group("token", "Tokens for development: in production an identity provider issues them", p.tokenIssue(), p.tokenKeygen())
}

func (p *program) tokenIssue() *cobra.Command {
	cmd := &cobra.Command{Use: "issue", Short: "Print a token signed by a key of development", Args: takes()}
	key := cmd.Flags().String("key", "", "`file` of the private key, from `nova token keygen` or the demo's data directory")
	sub := cmd.Flags().String("sub", "", "whose it is: a user's id, or the name of a service")
	role := cmd.Flags().String("role", string(api.RoleUser), "user, service or operator")
	ttl := cmd.Flags().Duration("ttl", time.Hour, "how long it is good")
	jti := cmd.Flags().String("jti", "", "its id, by which it can be revoked; a new one if empty")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case *key == "":
			return usageError{fmt.Errorf("%s needs --key", cmd.CommandPath())}
		case *sub == "":
			return usageError{fmt.Errorf("%s needs --sub", cmd.CommandPath())}
		case *ttl <= 0:
			return usageError{fmt.Errorf("--ttl must be positive, is %v", *ttl)}
		}
		cfg, err := p.settings(cmd)
		if err != nil {
			return err
		}
		private, err := identity.ReadKey(*key)
		if err != nil {
			return err
		}
		if *jti == "" {
			*jti = uuid.NewString()
		}
		text, err := identity.Issue(private, identity.Grant{
			Issuer: cfg.Identity.Issuer, Audience: cfg.Identity.Audience, Subject: *sub, Role: api.Role(*role), ID: *jti, IssuedAt: time.Now(), TTL: *ttl,
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.stdout, text)
		return err
	}
	return cmd
}

func (p *program) tokenKeygen() *cobra.Command {
	cmd := &cobra.Command{Use: "keygen FILE", Short: "Write a private key to FILE and the public one to FILE.pub", Args: takes("FILE")}
	alg := cmd.Flags().String("alg", "EdDSA", "RS256, ES256 or EdDSA")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		private, err := identity.GenerateKey(*alg)
		if err != nil {
			return usageError{err}
		}
		public := args[0] + ".pub"
		if err := identity.WriteKey(private, args[0], public); err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.stdout, "%s is the key that signs; identity.key_files of whoever takes its tokens needs %s\n", args[0], public)
		return err
	}
	return cmd
}
