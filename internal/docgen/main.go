// Command docgen writes the generated parts of the documentation: the flow in README.md, printed from the graphs that
// run, and docs/config.md, made from the configuration's structs and the comments of their fields.
//
// It runs in the root of the module. With -check it writes nothing and fails if something is stale.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func main() {
	check := flag.Bool("check", false, "fail if a file is stale instead of writing it")
	flag.Parse()
	if err := run(".", *check); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

var errStale = errors.New("stale, run `make docs`")

// run brings the files under root up to date, or finds the first that is not.
func run(root string, check bool) error {
	for name, generate := range map[string]func(root string, old []byte) ([]byte, error){
		"README.md":      readme,
		"docs/config.md": func(root string, _ []byte) ([]byte, error) { return configReference(root) },
	} {
		path := filepath.Join(root, name)
		old, err := os.ReadFile(path)
		if err != nil && (check || !errors.Is(err, os.ErrNotExist)) {
			return err
		}
		fresh, err := generate(root, old)
		switch {
		case err != nil:
			return fmt.Errorf("generating %s: %w", name, err)
		case bytes.Equal(old, fresh):
		case check:
			return fmt.Errorf("%s: %w", name, errStale)
		default:
			if err := os.WriteFile(path, fresh, 0o644); err != nil { //nolint:gosec // documentation is for everybody
				return err
			}
		}
	}
	return nil
}

const (
	flowBegin = "<!-- flow: written by make docs -->\n"
	flowEnd   = "<!-- flow: end -->\n"
)

// readme replaces what stands between the markers.
func readme(_ string, old []byte) ([]byte, error) {
	head, rest, begins := bytes.Cut(old, []byte(flowBegin))
	_, tail, ends := bytes.Cut(rest, []byte(flowEnd))
	if !begins || !ends {
		return nil, fmt.Errorf("the markers %q and %q are not both there", flowBegin, flowEnd)
	}
	flow := "```\n" + topology.Describe(topology.Groups(&schemas.Codecs{}), topology.Sinks(), topology.Consumers()) + "```\n"
	return bytes.Join([][]byte{head, []byte(flowBegin), []byte(flow), []byte(flowEnd), tail}, nil), nil
}
