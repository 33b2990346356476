package connect

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// running is the state of a connector or task that does its work; others are FAILED, PAUSED, STOPPED, UNASSIGNED and
// RESTARTING.
const running = "RUNNING"

// Status is how a connector is. Its own state says little: it stays RUNNING when its tasks fail.
type Status struct {
	Name      string `json:"name"`
	Connector State  `json:"connector"`
	Tasks     []Task `json:"tasks"`
}

// State is that of the connector or of a task.
type State struct {
	State  string `json:"state"`
	Worker string `json:"worker_id"`
	Trace  string `json:"trace"` // of what it failed with
}

// Task is a part of a connector that does its work.
type Task struct {
	ID int `json:"id"`
	State
}

// Reason is the line of the trace that says most: the innermost cause if one is named, else the first line.
func (s State) Reason() string {
	reason, rest, _ := strings.Cut(strings.TrimSpace(s.Trace), "\n")
	for line := range strings.Lines(rest) {
		if cause, ok := strings.CutPrefix(strings.TrimSpace(line), "Caused by: "); ok {
			reason = cause
		}
	}
	return reason
}

// NotRunningError says which parts of a connector do not run.
type NotRunningError struct{ Status Status }

// Error names each part and why.
func (e *NotRunningError) Error() string {
	var parts []string
	if s := e.Status.Connector; s.State != running {
		parts = append(parts, "it is "+s.describe())
	}
	for _, t := range e.Status.Tasks {
		if t.State.State != running {
			parts = append(parts, fmt.Sprintf("task %d is %s", t.ID, t.describe()))
		}
	}
	if len(e.Status.Tasks) == 0 {
		parts = append(parts, "it has no tasks")
	}
	return fmt.Sprintf("connector %s does not run: %s", e.Status.Name, strings.Join(parts, "; "))
}

func (s State) describe() string {
	text := s.State
	if s.Worker != "" {
		text += " on " + s.Worker
	}
	if reason := s.Reason(); reason != "" {
		text += ": " + reason
	}
	return text
}

// Check returns a *NotRunningError unless the connector and all of its tasks, of which there is at least one, run.
func (s Status) Check() error {
	ok := s.Connector.State == running && len(s.Tasks) > 0
	for _, t := range s.Tasks {
		ok = ok && t.State.State == running
	}
	if !ok {
		return &NotRunningError{s}
	}
	return nil
}

// failed says whether a part has failed, which does not pass by itself.
func (s Status) failed() bool {
	failed := s.Connector.State == "FAILED"
	for _, t := range s.Tasks {
		failed = failed || t.State.State == "FAILED"
	}
	return failed
}

// Status asks how a connector is. One that Connect does not know is a *Refusal with code 404.
func (c *Client) Status(ctx context.Context, name string) (Status, error) {
	var s Status
	if err := c.call(ctx, http.MethodGet, c.at("connectors", name, "status"), nil, &s); err != nil {
		return s, fmt.Errorf("asking for the status of connector %s: %w", name, err)
	}
	return s, nil
}
