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

// Reason is what it failed with: the first line of the trace, and the innermost cause if one is named.
func (s State) Reason() string {
	reason, rest, _ := strings.Cut(strings.TrimSpace(s.Trace), "\n")
	cause := ""
	for line := range strings.Lines(rest) {
		if c, ok := strings.CutPrefix(line, "Caused by: "); ok {
			cause = "; the cause is " + strings.TrimSpace(c)
		}
	}
	return strings.TrimSpace(reason) + cause
}

// String is the state, where, and why if it failed.
func (s State) String() string {
	text := s.State
	if s.Worker != "" {
		text += " on " + s.Worker
	}
	if reason := s.Reason(); reason != "" {
		text += ": " + reason
	}
	return text
}

// NotRunningError says which parts of a connector do not run.
type NotRunningError struct{ Status Status }

// Error names each part and why.
func (e *NotRunningError) Error() string {
	var parts []string
	if s := e.Status.Connector; s.State != running {
		parts = append(parts, "it is "+s.String())
	}
	for _, t := range e.Status.Tasks {
		if t.State.State != running {
			parts = append(parts, fmt.Sprintf("task %d is %v", t.ID, t.State))
		}
	}
	if len(e.Status.Tasks) == 0 {
		parts = append(parts, "it has no tasks")
	}
	return fmt.Sprintf("connector %s does not run: %s", e.Status.Name, strings.Join(parts, "; "))
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

// Status asks how a connector is. One that Connect does not know is a *RefusedError with code 404.
func (c *Client) Status(ctx context.Context, name string) (Status, error) {
	var s Status
	if err := c.call(ctx, http.MethodGet, c.at("connectors", name, "status"), nil, &s); err != nil {
		return s, fmt.Errorf("asking for the status of connector %s: %w", name, err)
	}
	return s, nil
}
