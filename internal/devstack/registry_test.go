package devstack_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/riferrei/srclient"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

// record returns the schema of a record with one field.
func record(field string) string {
	return fmt.Sprintf(`{"type":"record","name":"r","fields":[{"name":%q,"type":"string"}]}`, field)
}

func newClient(stack *devstack.Stack) *srclient.SchemaRegistryClient {
	return srclient.NewSchemaRegistryClient(stack.RegistryURL())
}

// schemasByID reads all schemas from id 1 on.
func schemasByID(t *testing.T, stack *devstack.Stack) map[int]string {
	t.Helper()
	out := map[int]string{}
	for id := 1; ; id++ {
		s, err := newClient(stack).GetSchema(id)
		if err != nil {
			require.ErrorContains(t, err, "404")
			return out
		}
		out[id] = s.Schema()
	}
}

func TestRegistryKeepsIDsOverARestart(t *testing.T) {
	dir := t.TempDir()
	only := []func(*devstack.Config){devstacktest.Only(devstack.Registry), devstacktest.DataDir(dir)}
	ids := map[string]int{} // by subject and version
	want := map[int]string{}
	t.Run("first life", func(t *testing.T) {
		stack := devstacktest.Start(t, only...)
		client := newClient(stack)
		var mu sync.Mutex
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				subject := fmt.Sprintf("topic-%d-value", i)
				s, err := client.CreateSchema(subject, record(fmt.Sprintf("f%d", i/2)), srclient.Avro) // each schema under two subjects
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				ids[subject] = s.ID()
			})
		}
		all.Wait()
		require.NoError(t, client.DeleteSubject("topic-3-value", true))
		_, err := client.CreateSchema("topic-0-value", record("new"), srclient.Avro)
		require.NoError(t, err)
		second, err := client.GetSchemaByVersion("topic-0-value", 2)
		require.NoError(t, err)
		require.Equal(t, 11, second.ID())
		_, err = client.ChangeSubjectCompatibilityLevel("topic-0-value", srclient.FullTransitive)
		require.NoError(t, err)
		_, err = client.CreateSchema("topic-0-value", "no JSON", srclient.Avro)
		require.Error(t, err)
		want = schemasByID(t, stack)
		require.Len(t, want, 11)
	})
	before, err := os.ReadFile(filepath.Join(dir, "registry.jsonl"))
	require.NoError(t, err)
	t.Run("second life", func(t *testing.T) {
		stack := devstacktest.Start(t, only...)
		client := newClient(stack)
		require.Equal(t, want, schemasByID(t, stack))
		for subject, id := range ids {
			if subject == "topic-3-value" {
				continue
			}
			s, err := client.GetSchemaByVersion(subject, 1)
			require.NoError(t, err)
			require.Equal(t, id, s.ID())
		}
		_, err := client.GetLatestSchema("topic-3-value")
		require.Error(t, err)
		level, err := client.GetCompatibilityLevel("topic-0-value", false)
		require.NoError(t, err)
		require.Equal(t, srclient.FullTransitive, *level)
		// The same registrations again, as a program makes them at each start.
		s, err := client.CreateSchema("topic-19-value", record("f9"), srclient.Avro)
		require.NoError(t, err)
		require.Equal(t, ids["topic-19-value"], s.ID())
		s, err = client.CreateSchema("other", record("other"), srclient.Avro)
		require.NoError(t, err)
		require.Equal(t, 12, s.ID())
	})
	t.Run("third life, after a crash in mid-write", func(t *testing.T) {
		path := filepath.Join(dir, "registry.jsonl")
		file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = file.WriteString(`{"method":"POST","uri":"/subj`)
		require.NoError(t, err)
		require.NoError(t, file.Close())
		stack := devstacktest.Start(t, only...)
		s, err := newClient(stack).CreateSchema("third", record("third"), srclient.Avro)
		require.NoError(t, err)
		require.Equal(t, 13, s.ID())
	})
	t.Run("fourth life", func(t *testing.T) {
		stack := devstacktest.Start(t, only...)
		require.Len(t, schemasByID(t, stack), 13)
	})
	after, err := os.ReadFile(filepath.Join(dir, "registry.jsonl"))
	require.NoError(t, err)
	require.Greater(t, len(after), len(before))
}

func TestRegistryRefusesAJournalItCannotRepeat(t *testing.T) {
	dir := t.TempDir()
	line := `{"method":"POST","uri":"/subjects/s/versions","body":"{\"schema\":\"{\\\"type\\\":\\\"string\\\"}\"}","answer":"{\"id\":7}\n"}` + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "registry.jsonl"), []byte(line), 0o644))
	cfg := devstack.DefaultConfig()
	cfg.Without, cfg.DataDir = ^devstack.Registry, dir
	_, err := devstack.Start(t.Context(), cfg)
	require.ErrorContains(t, err, "POST /subjects/s/versions answers 200")
}
