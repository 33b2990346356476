package topology

import (
	"fmt"
	"strings"

	"github.com/lovoo/goka"
)

// Describe prints the flow as text: per group what it reads, keeps and writes. It reads goka's own graphs, so what it
// prints is what runs.
func Describe(groups []Group, sinks []Sink, consumers []Consumer) string {
	var b strings.Builder
	line := func(topic, note string) {
		b.WriteString(strings.TrimRight(fmt.Sprintf("%23s%-22s %s", "", topic, note), " ") + "\n")
	}
	for _, g := range groups {
		graph := g.Graph(nil)
		fmt.Fprintf(&b, "%-20s ▶ [%s] %s\n", join(graph.InputStreams()), graph.Group(), g.Does)
		if table := graph.GroupTable(); table != nil {
			line("= "+table.Topic(), "")
		}
		notes := map[string]string{}
		for _, out := range g.Outputs {
			notes[string(out.Topic)] = out.Note
		}
		for _, out := range graph.OutputStreams() {
			line("▶ "+out.Topic(), notes[out.Topic()])
		}
	}
	for _, s := range sinks {
		fmt.Fprintf(&b, "%-20s ▶ (%s) %s\n", s.Input, s.Group, s.Does)
		line("▶ ClickHouse "+s.Table, "")
		line("▶ "+string(s.DeadLetters), "unreadable")
	}
	for _, c := range consumers {
		fmt.Fprintf(&b, "%-20s ▶ (%s) %s\n", c.Input, c.Group, c.Does)
		line("▶ Redis "+c.Keys, "")
		line("▶ "+string(c.DeadLetters), "unreadable")
	}
	return b.String()
}

func join(edges goka.Edges) string { return strings.Join(edges.Topics(), ", ") }

// Mermaid prints the flow as a Mermaid flowchart: topics are rounded, groups square, tables, ClickHouse and Redis cylinders.
func Mermaid(groups []Group, sinks []Sink, consumers []Consumer) string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	id := strings.NewReplacer("-", "_", ".", "_").Replace
	topic := func(name string) string { return fmt.Sprintf("%s([%s])", id(name), name) }
	for _, g := range groups {
		graph := g.Graph(nil)
		name := string(graph.Group())
		for _, in := range graph.InputStreams() {
			fmt.Fprintf(&b, "  %s --> g_%s[%s]\n", topic(in.Topic()), id(name), name)
		}
		if table := graph.GroupTable(); table != nil {
			fmt.Fprintf(&b, "  g_%s --- %s[(%s)]\n", id(name), id(table.Topic()), table.Topic())
		}
		for _, out := range graph.OutputStreams() {
			fmt.Fprintf(&b, "  g_%s --> %s\n", id(name), topic(out.Topic()))
		}
	}
	for _, s := range sinks {
		fmt.Fprintf(&b, "  %s --> g_%s[%s]\n", topic(string(s.Input)), id(s.Group), s.Group)
		fmt.Fprintf(&b, "  g_%s --> ch_%s[(ClickHouse %s)]\n", id(s.Group), id(s.Table), s.Table)
		fmt.Fprintf(&b, "  g_%s --> %s\n", id(s.Group), topic(string(s.DeadLetters)))
	}
	for _, c := range consumers {
		fmt.Fprintf(&b, "  %s --> g_%s[%s]\n", topic(string(c.Input)), id(c.Group), c.Group)
		fmt.Fprintf(&b, "  g_%s --> r_%s[(Redis %s)]\n", id(c.Group), id(c.Group), c.Keys)
		fmt.Fprintf(&b, "  g_%s --> %s\n", id(c.Group), topic(string(c.DeadLetters)))
	}
	return b.String()
}
