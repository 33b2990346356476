package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/rowprint"
)

// sqlPatience is how long a query of a person may take unless the person says otherwise.
const sqlPatience = time.Minute

func (p *program) sql() *cobra.Command {
	cmd := &cobra.Command{
		Use: "sql [QUERY]", Short: "Ask ClickHouse something, as the user for reading", Args: atMostOne,
		Long: "Ask ClickHouse something, as the user for reading: QUERY, or what --file or standard input holds. It is one statement\n" +
			"that changes nothing. docs/data-dictionary.md has the tables and examples.",
	}
	setting(cmd, "clickhouse", "clickhouse.addrs", "ClickHouse's addresses, host:port,…")
	setting(cmd, "max-rows", "clickhouse.read.max_rows", "rows to write at most, 0 for all; more are an error")
	f := cmd.Flags()
	format := f.String("format", "table", "how to write the rows: "+strings.Join(rowprint.Formats(), ", "))
	timeout := f.Duration("timeout", sqlPatience, "how long it may take")
	file := f.String("file", "", "`file` that holds the query")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case !slices.Contains(rowprint.Formats(), *format):
			return usageError{fmt.Errorf("--format must be one of %s, is %q", strings.Join(rowprint.Formats(), ", "), *format)}
		case *timeout <= 0:
			return usageError{fmt.Errorf("--timeout must be positive, is %v", *timeout)}
		}
		query, err := readQuery(args, *file, cmd.InOrStdin())
		if err != nil {
			return err
		}
		cfg, err := p.settings(cmd)
		if err != nil {
			return err
		}
		c := cfg.ClickHouse
		c.Read.QueryTimeout, c.ReadTimeout = *timeout, max(c.ReadTimeout, *timeout)
		client, err := clickhouse.OpenReader(c)
		if err != nil {
			return err
		}
		defer client.Close()
		more := false
		err = client.Stream(cmd.Context(), "sql", query, func(rows driver.Rows) error {
			err := rowprint.Write(p.stdout, *format, rows, c.Read.MaxRows)
			more = errors.Is(err, rowprint.ErrMoreRows)
			if more {
				return nil
			}
			return err
		})
		var refusal *ch.Exception
		switch {
		case err == nil && more:
			return fmt.Errorf("there are more than %d rows, only these were written: --max-rows=0 writes all", c.Read.MaxRows)
		case clickhouse.Kind(err) == clickhouse.KindTimeout:
			return fmt.Errorf("no answer within %v: --timeout allows more", *timeout)
		case errors.As(err, &refusal):
			return errors.New("ClickHouse says: " + refusal.Message)
		case clickhouse.Kind(err) == clickhouse.KindNetwork:
			return fmt.Errorf("reaching ClickHouse at %s: %w", strings.Join(c.Addrs, ","), err)
		}
		return err
	}
	return cmd
}

func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError{fmt.Errorf("%s takes one query, got %d arguments: put it in quotes", cmd.CommandPath(), len(args))}
	}
	return nil
}

// formatClause is what the server would obey and the driver could not read.
var formatClause = regexp.MustCompile(`(?i)\sFORMAT\s+[A-Za-z]\w*$`)

// readQuery returns the query from the one place that has it.
func readQuery(args []string, file string, stdin io.Reader) (string, error) {
	var text []byte
	var err error
	switch {
	case len(args) == 1 && file != "":
		return "", usageError{errors.New("the query is given twice: as an argument and by --file")}
	case len(args) == 1:
		text = []byte(args[0])
	case file != "":
		text, err = os.ReadFile(file)
	default:
		if f, ok := stdin.(*os.File); ok && isTerminal(f) {
			return "", usageError{errors.New("there is no query: give it as an argument, by --file or on standard input")}
		}
		text, err = io.ReadAll(stdin)
	}
	if err != nil {
		return "", fmt.Errorf("reading the query: %w", err)
	}
	query := strings.TrimRight(string(text), "; \t\r\n")
	switch {
	case strings.TrimSpace(query) == "":
		return "", usageError{errors.New("the query is empty")}
	case formatClause.MatchString(query):
		return "", usageError{errors.New("the query must not say FORMAT: --format does")}
	}
	return query, nil
}
