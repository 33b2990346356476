package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// worker answers as Connect does: what was seen of a real one, for one connector.
type worker struct {
	mu       sync.Mutex
	calls    []string          // all but looks at the status
	config   map[string]string // nil if there is no connector
	statuses []string          // one for each look; the last stays
	busy     int               // how many changes are answered with 409
	refuse   string            // what a change is refused with
}

func (w *worker) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	call := r.Method + " " + r.URL.RequestURI()
	if call == "GET /connectors/nova/status" && w.config != nil {
		fmt.Fprint(out, w.statuses[0])
		if len(w.statuses) > 1 {
			w.statuses = w.statuses[1:]
		}
		return
	}
	w.calls = append(w.calls, call)
	refuse := func(code int, message string) {
		out.WriteHeader(code)
		_ = json.NewEncoder(out).Encode(RefusedError{code, message})
	}
	switch {
	case r.Method == http.MethodGet && w.config == nil:
		refuse(http.StatusNotFound, "Connector nova not found")
	case call == "GET /connectors/nova/config":
		_ = json.NewEncoder(out).Encode(w.config)
	case call == "PUT /connectors/nova/config" && w.busy > 0:
		w.busy--
		refuse(http.StatusConflict, "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)")
	case call == "PUT /connectors/nova/config" && w.refuse != "":
		refuse(http.StatusBadRequest, w.refuse)
	case call == "PUT /connectors/nova/config":
		w.config = map[string]string{}
		_ = json.NewDecoder(r.Body).Decode(&w.config)
		fmt.Fprint(out, "{}")
	case call == "POST /connectors/nova/restart?includeTasks=true&onlyFailed=true":
		out.WriteHeader(http.StatusAccepted)
		fmt.Fprint(out, "{}")
	default:
		refuse(http.StatusNotFound, "HTTP 404 Not Found")
	}
}

// state writes a status as Connect does.
func state(connector string, tasks ...string) string {
	s := Status{Name: "nova", Connector: State{State: connector, Worker: "w:8083"}, Tasks: []Task{}}
	for i, t := range tasks {
		task := Task{i, State{State: t, Worker: "w:8083"}}
		if t == "FAILED" {
			task.Trace = trace
		}
		s.Tasks = append(s.Tasks, task)
	}
	text, _ := json.Marshal(s) // strings only
	return string(text)
}

const trace = "org.apache.kafka.connect.errors.ConnectException: An exception occurred in the change event producer. This connector will be stopped.\n" +
	"\tat io.debezium.pipeline.ErrorHandler.setProducerThrowable(ErrorHandler.java:67)\n" +
	"Caused by: io.debezium.DebeziumException: Creation of replication slot failed\n\t... 1 more\n" +
	"Caused by: org.postgresql.util.PSQLException: ERROR: all replication slots are in use\n\t... 2 more\n"

func clientOf(t *testing.T, w http.Handler, settle time.Duration) *Client {
	t.Helper()
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	config := DefaultConfig()
	config.ConnectURL, config.Settle = server.URL+"/", settle
	client, err := New(config)
	require.NoError(t, err)
	return client
}

var ours = Connector{Name: "nova", Config: map[string]string{"connector.class": "x", "tasks.max": "1"}}

func TestRegister_changes_only_what_differs(t *testing.T) {
	ok := state("RUNNING", "RUNNING")
	stored := ours.named()
	for name, c := range map[string]struct {
		worker *worker
		want   Outcome
		calls  []string
	}{
		"missing":   {&worker{statuses: []string{ok}}, Created, []string{"GET /connectors/nova/config", "PUT /connectors/nova/config"}},
		"other":     {&worker{statuses: []string{ok}, config: map[string]string{"name": "nova"}}, Updated, []string{"GET /connectors/nova/config", "PUT /connectors/nova/config"}},
		"same":      {&worker{statuses: []string{ok}, config: stored}, Unchanged, []string{"GET /connectors/nova/config"}},
		"failed":    {&worker{statuses: []string{state("RUNNING", "FAILED"), ok}, config: stored}, Restarted, []string{"GET /connectors/nova/config", "POST /connectors/nova/restart?includeTasks=true&onlyFailed=true"}},
		"rebalance": {&worker{statuses: []string{ok}, busy: 1}, Created, []string{"GET /connectors/nova/config", "PUT /connectors/nova/config", "GET /connectors/nova/config", "PUT /connectors/nova/config"}},
	} {
		w := c.worker
		got, err := clientOf(t, w, 0).Register(t.Context(), ours)
		require.NoError(t, err, name)
		require.Equal(t, c.want, got, name)
		require.Equal(t, c.calls, w.calls, name)
		require.Equal(t, stored, w.config, name)
		require.Zero(t, w.busy, name)
	}
}

// What Connect tells just after a change is from before it: only what lasts is believed.
func TestRegister_waits_for_what_lasts(t *testing.T) {
	t.Parallel()
	ok, old := state("RUNNING", "RUNNING"), state("RUNNING", "FAILED")
	looks := func(status string, n int) (all []string) {
		for range n {
			all = append(all, status)
		}
		return all
	}
	for name, c := range map[string]struct {
		statuses []string
		fails    bool
	}{
		"failed before, runs now": {append(looks(old, 3), ok), false},
		"ran before, fails now":   {append(looks(ok, 3), old), true},
		"has no tasks yet":        {append(looks(state("RUNNING"), 8), ok), false},
		"is not assigned yet":     {append(looks(state("UNASSIGNED"), 8), ok), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &worker{statuses: c.statuses}
			_, err := clientOf(t, w, 5*pollEvery).Register(t.Context(), ours)
			require.Len(t, w.statuses, 1)
			if !c.fails {
				require.NoError(t, err)
				return
			}
			var notRunning *NotRunningError
			require.ErrorAs(t, err, &notRunning)
			require.EqualError(t, err, "connector nova does not run: task 0 is FAILED on w:8083: org.apache.kafka.connect.errors.ConnectException: "+
				"An exception occurred in the change event producer. This connector will be stopped.; "+
				"the cause is org.postgresql.util.PSQLException: ERROR: all replication slots are in use")
		})
	}
}

func TestRegister_ends_with_its_time(t *testing.T) {
	w := &worker{statuses: []string{state("RUNNING")}}
	ctx, cancel := context.WithTimeout(t.Context(), 3*pollEvery)
	defer cancel()
	_, err := clientOf(t, w, 0).Register(ctx, ours)
	require.ErrorContains(t, err, "connector nova does not run: it has no tasks")
	require.ErrorContains(t, err, "deadline exceeded")
}

func TestRefusal_is_told(t *testing.T) {
	w := &worker{refuse: "Connector configuration is invalid and contains the following 1 error(s):\n" +
		"Error while validating connector config: Connection to 127.0.0.1:1 refused.\n" +
		"You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`"}
	_, err := clientOf(t, w, 0).Register(t.Context(), ours)
	require.EqualError(t, err, "registering connector nova: Connect says (400): Connector configuration is invalid and contains the following 1 error(s):\n"+
		"Error while validating connector config: Connection to 127.0.0.1:1 refused.")

	_, err = clientOf(t, &worker{}, 0).Status(t.Context(), "nova")
	require.EqualError(t, err, "asking for the status of connector nova: Connect says (404): Connector nova not found")

	_, err = clientOf(t, http.NotFoundHandler(), 0).Status(t.Context(), "nova")
	require.EqualError(t, err, "asking for the status of connector nova: Connect says (404): 404 Not Found")

	_, err = clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }), 0).Status(t.Context(), "nova")
	require.ErrorContains(t, err, "does not answer as Connect does")

	config := DefaultConfig()
	config.ConnectURL = "http://user:hunter2@127.0.0.1:1"
	client, err := New(config)
	require.NoError(t, err)
	_, err = client.Status(t.Context(), "nova")
	require.EqualError(t, err, "asking for the status of connector nova: reaching Connect at http://user:xxxxx@127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused")
}

func TestCheck_wants_everything_to_run(t *testing.T) {
	for text, want := range map[string]string{
		state("RUNNING", "RUNNING", "RUNNING"):    "",
		state("PAUSED", "PAUSED"):                 "connector nova does not run: it is PAUSED on w:8083; task 0 is PAUSED on w:8083",
		state("RUNNING"):                          "connector nova does not run: it has no tasks",
		state("RUNNING", "RUNNING", "UNASSIGNED"): "connector nova does not run: task 1 is UNASSIGNED on w:8083",
	} {
		var s Status
		require.NoError(t, json.Unmarshal([]byte(text), &s))
		if want == "" {
			require.NoError(t, s.Check())
			continue
		}
		require.EqualError(t, s.Check(), want)
	}
}

func TestParse_refuses_what_is_no_connector(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                                    "reading a connector: unexpected EOF",
		`{"connector.class": "x"}`:             `unknown field "connector.class"`,
		`{"name": "x", "config": {}}`:          `it needs "name" and, in "config", "connector.class"`,
		`{"config": {"connector.class": "x"}}`: `it needs "name"`,
	} {
		_, err := Parse([]byte(text))
		require.ErrorContains(t, err, want)
	}
	got, err := Parse([]byte(`{"name": "nova", "config": {"connector.class": "x", "tasks.max": "1"}}`))
	require.NoError(t, err)
	require.Equal(t, ours, got)
}

func TestSnapshotSignal(t *testing.T) {
	config := map[string]string{
		"topic.prefix": "cdc", "signal.enabled.channels": "source, kafka", "signal.kafka.topic": "signals", "table.include.list": "public.posts,other.posts",
	}
	s, err := SnapshotSignal(config, "1", []string{"posts", "other.posts"})
	require.NoError(t, err)
	require.Equal(t, "signals", s.Topic)
	require.Equal(t, "cdc", s.Key)
	require.JSONEq(t, `{"id": "1", "type": "execute-snapshot", "data": {"type": "INCREMENTAL", "data-collections": ["public.posts", "other.posts"]}}`, string(s.Value))

	_, err = SnapshotSignal(config, "1", []string{"post"})
	require.EqualError(t, err, "the connector does not capture table public.post; it captures public.posts, other.posts")
	delete(config, "signal.kafka.topic")
	topic, err := SignalTopic(config)
	require.NoError(t, err)
	require.Equal(t, "cdc-signal", topic)
	config["signal.enabled.channels"] = "source"
	_, err = SnapshotSignal(config, "1", []string{"posts"})
	require.ErrorContains(t, err, "takes no signals from Kafka")
}

func TestConfig_is_checked(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	for want, change := range map[string]func(*Config){
		`ConnectURL must be http://host:port or https://host:port, got "localhost"`: func(c *Config) { c.ConnectURL = "localhost" },
		`Connector must be named`:              func(c *Config) { c.Connector = "" },
		`Timeout must be positive, got 0s`:     func(c *Config) { c.Timeout = 0 },
		`Settle must not be negative, got -1s`: func(c *Config) { c.Settle = -time.Second },
	} {
		c := DefaultConfig()
		change(&c)
		require.ErrorContains(t, c.Validate(), want)
	}
}
