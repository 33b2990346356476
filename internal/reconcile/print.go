package reconcile

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// String says where a finding is and what it is.
func (f Finding) String() string {
	where := "all partitions"
	if f.Partition >= 0 {
		where = fmt.Sprintf("%s/%d", f.Topic, f.Partition)
	}
	if f.First >= 0 {
		where += fmt.Sprintf(", offsets %d..%d", f.First, f.Last)
		if !f.Exact {
			where += " (within)"
		}
	}
	if !f.From.IsZero() {
		did := "appended"
		if f.Happened {
			did = "happened"
		}
		where += ", " + did + " " + f.From.Format(time.RFC3339)
	}
	if !f.To.IsZero() {
		where += " to " + f.To.Format(time.RFC3339)
	}
	return fmt.Sprintf("%s: %s", where, f.Detail)
}

// Print writes the report for people: hours over all partitions or, if one is given, that hour by partition.
func (r *Report) Print(out io.Writer, hour time.Time) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "STAGE\tIN\tAPPLIED\tDUPLICATE\tREPLAY\tABSORBED\tSKIPPED\tDEAD\tLAG")
	for _, s := range r.Stages {
		a := s.Accounting
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", s.Group, a.In, a.Applied, a.Duplicate, a.Replay, a.Absorbed, a.Skipped, a.Dead, s.Lag)
	}
	if r.Away == "" {
		r.printRows(t, hour)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if r.Away == "" {
		r.printLooked(out)
	} else {
		fmt.Fprintln(out, "\n"+r.notAsked())
	}
	for _, n := range r.Notes {
		fmt.Fprintln(out, "note:", n)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(out, "%s: %d: %s\n", f.Kind, f.Rows, f)
	}
	_, err := fmt.Fprintf(out, "open: %d on their way\n%s\n", r.Open, r.verdict())
	return err
}

func (r *Report) printRows(t io.Writer, hour time.Time) {
	fmt.Fprintln(t, "\nHOUR\tPARTITION\tIN\tROWS\tDEAD\tREPEATS")
	for _, h := range r.lines(hour) {
		part := "all"
		if h.Partition >= 0 {
			part = strconv.Itoa(int(h.Partition))
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\n", h.Hour.Format(time.RFC3339), part, h.In, h.Rows, h.Dead, h.Repeats)
	}
}

func (r *Report) printLooked(out io.Writer) {
	var inserts, rows int64
	for _, c := range r.Inserts {
		inserts, rows = inserts+c.Inserts, rows+c.Rows
	}
	fmt.Fprintf(out, "\n%d inserts with %d rows looked at one by one, since %s\n", inserts, rows, r.Since.Format(time.RFC3339))
	for _, v := range r.Views {
		fmt.Fprintln(out, "view:", v)
	}
}

// notAsked says what is not in the report while ClickHouse is away.
func (r *Report) notAsked() string {
	return "ClickHouse does not answer: inserts, hours, totals and views are not compared (" + r.Away + ")"
}

func (r *Report) verdict() string {
	switch {
	case r.Away != "" && len(r.Findings) == 0:
		return "not compared with ClickHouse"
	case !r.Balanced:
		return fmt.Sprintf("NOT BALANCED: %d differences", len(r.Findings))
	case !r.Settled:
		return "balanced, as far as it could be compared"
	default:
		return "balanced"
	}
}

// lines are the hours of the report, summed over the partitions, or those of one hour as they are.
func (r *Report) lines(hour time.Time) []Hour {
	var lines []Hour
	for _, h := range r.Hours {
		if !hour.IsZero() {
			if h.Hour.Equal(hour) {
				lines = append(lines, h)
			}
			continue
		}
		i := slices.IndexFunc(lines, func(l Hour) bool { return l.Hour.Equal(h.Hour) })
		if i < 0 {
			lines, i = append(lines, Hour{Hour: h.Hour, Partition: -1}), len(lines)
		}
		l := &lines[i]
		l.In, l.Rows, l.Dead, l.Repeats = l.In+h.In, l.Rows+h.Rows, l.Dead+h.Dead, l.Repeats+h.Repeats
	}
	slices.SortStableFunc(lines, func(a, b Hour) int { return a.Hour.Compare(b.Hour) })
	return lines
}
