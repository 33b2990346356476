package config

import (
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nova-social/nova-streams/internal/jobs"
)

// WriteYAML writes all settings in force as a file that could be loaded again, secrets apart, each with its origin as
// a comment.
func (e *Effective) WriteYAML(w io.Writer) error {
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, s := range Settings(&e.Config) {
		path := strings.Split(s.Key, ".")
		section := root
		for _, name := range path[:len(path)-1] {
			section = child(section, name)
		}
		value := node(s.value)
		value.LineComment = e.Origin(s.Key)
		section.Content = append(section.Content, scalarNode(path[len(path)-1]), value)
	}
	writeJobs(root, e.Jobs)
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	return enc.Close()
}

func writeJobs(root *yaml.Node, specs jobs.Specs) {
	for _, name := range slices.Sorted(maps.Keys(specs)) {
		spec := specs[name]
		job := child(child(root, jobsSection), name)
		for _, s := range jobSettings(&spec) {
			if slices.Contains(jobs.Settings(spec.Kind), s.Key) && (s.Kind() != "text" || s.Text() != "") {
				job.Content = append(job.Content, scalarNode(s.Key), node(s.value))
			}
		}
	}
}

// child returns the section of that name in parent, which is made where it is missing.
func child(parent *yaml.Node, name string) *yaml.Node {
	for i := 0; i < len(parent.Content); i += 2 {
		if parent.Content[i].Value == name {
			return parent.Content[i+1]
		}
	}
	section := &yaml.Node{Kind: yaml.MappingNode}
	parent.Content = append(parent.Content, scalarNode(name), section)
	return section
}

func node(v reflect.Value) *yaml.Node {
	if v.Kind() != reflect.Slice {
		return scalarNode(text(v))
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for i := range v.Len() {
		list.Content = append(list.Content, node(v.Index(i)))
	}
	return list
}

// scalarNode leaves quoting to the encoder, which keeps text that looks like another type apart from it.
func scalarNode(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	n.Tag = ""
	if s == "" {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}
