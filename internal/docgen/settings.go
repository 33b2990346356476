package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/nova-social/nova-streams/internal/config"
)

const module = "github.com/nova-social/nova-streams"

const configIntro = `# Settings

Written by ` + "`make docs`" + ` from the structs of the configuration; ` + "`nova config`" + ` prints what is in force and where it comes from.

Sources, the later winning value by value: the defaults below, a YAML file (` + "`--config FILE`" + `), environment variables,
flags (` + "`--set KEY=VALUE`" + `, and the flags of single commands). The variable of a setting is its name in capitals after
` + "`NOVA_`" + `, with ` + "`_`" + ` for the dots: ` + "`kafka.client_id`" + ` is ` + "`NOVA_KAFKA_CLIENT_ID`" + `. Lists take commas. A name that is no setting is
refused. Secrets are never printed. Named jobs are in a section of the file alone: [jobs.md](jobs.md).
`

// configReference renders all settings, a section of the configuration at a time.
func configReference(root string) ([]byte, error) {
	defaults := config.Default()
	comments := fieldComments{root: root, byType: map[reflect.Type]map[string]string{}}
	var out bytes.Buffer
	out.WriteString(configIntro)
	section := ""
	for _, s := range config.Settings(&defaults) {
		if name, _, _ := strings.Cut(s.Key, "."); name != section {
			section = name
			fmt.Fprintf(&out, "\n## %s\n\n| setting | type | default | what it is |\n|---|---|---|---|\n", section)
		}
		comment, err := comments.of(s)
		if err != nil {
			return nil, err
		}
		value := s.Text()
		if value != "" {
			value = "`" + value + "`"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", s.Key, brief.Replace(s.Kind()), value, cell(comment))
	}
	return out.Bytes(), nil
}

// brief shortens a kind to a word or two.
var brief = strings.NewReplacer("a list", "list", "a duration such as 30s", "duration", "a whole number", "whole number", "a number", "number")

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// fieldComments finds what the source says about fields.
type fieldComments struct {
	root   string
	byType map[reflect.Type]map[string]string
}

// of returns the comment of a setting's field; a setting without one is an error.
func (c fieldComments) of(s config.Setting) (string, error) {
	if c.byType[s.Owner] == nil {
		fields, err := parseComments(c.root, s.Owner)
		if err != nil {
			return "", err
		}
		c.byType[s.Owner] = fields
	}
	comment := c.byType[s.Owner][s.Field]
	if comment == "" {
		return "", fmt.Errorf("%v.%s (%s) has no comment", s.Owner, s.Field, s.Key)
	}
	return comment, nil
}

// parseComments reads the comments of a struct's fields from the package it is declared in.
func parseComments(root string, t reflect.Type) (map[string]string, error) {
	dir := filepath.Join(root, filepath.FromSlash(strings.TrimPrefix(t.PkgPath(), module)))
	sources, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != t.Name() {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					text := strings.Join(strings.Fields(f.Comment.Text()+" "+f.Doc.Text()), " ")
					for _, name := range f.Names {
						fields[name.Name] = text
					}
				}
			}
			return false
		})
	}
	return fields, nil
}
