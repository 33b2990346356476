package schemas_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/avro"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// Every schema reads what any earlier generation wrote (BACKWARD_TRANSITIVE). The generations of a record lie in
// testdata/previous/<record>.<generation>.avsc; whoever changes a schema adds the next one. Rows of a generation that
// is kept as avro/<row>.v<generation>.avsc are read with that one.
func TestSchemasReadAllTheirPredecessors(t *testing.T) {
	current, kept := schemaFiles(t)
	for name, current := range current {
		recorded, generation := false, 1
		for ; ; generation++ {
			text, err := os.ReadFile(filepath.Join("testdata", "previous", name+"."+strconv.Itoa(generation)+".avsc"))
			if os.IsNotExist(err) {
				break
			}
			require.NoError(t, err)
			reader := current
			if text, ok := kept[name+".v"+strconv.Itoa(generation)]; ok {
				reader = text
			}
			require.NoError(t, canRead(string(text), reader), "%s, generation %d", name, generation)
			recorded = recorded || string(text) == current
		}
		require.True(t, recorded, "%s has changed: keep it as testdata/previous/%[1]s.%d.avsc", name, generation)
	}
}

// schemaFiles returns the schemas that are written with, and those kept for rows written earlier, by name.
func schemaFiles(t *testing.T) (current, kept map[string]string) {
	t.Helper()
	current, kept = map[string]string{}, map[string]string{}
	for name, text := range readAll(t, "avro") {
		if strings.Contains(name, ".v") {
			kept[name] = text
		} else {
			current[name] = text
		}
	}
	return current, kept
}

// A kept schema is what was written with: not a letter of it changes.
func TestKeptSchemasAreAsTheyWere(t *testing.T) {
	_, kept := schemaFiles(t)
	require.NotEmpty(t, kept)
	previous := readAll(t, "testdata/previous")
	for name, text := range kept {
		require.Equal(t, previous[strings.Replace(name, ".v", ".", 1)], text, name)
	}
}

func TestIncompatibleSchemasAreFound(t *testing.T) {
	previous := readAll(t, "testdata/previous")
	for name, want := range map[string]string{
		"field_without_default": "region: reader",
		"narrowed_number":       "offset",
		"changed_type":          "delta",
		"renamed_record":        "record names do not match",
	} {
		text := readAll(t, "testdata/incompatible")[name]
		require.NotEmpty(t, text, name)
		require.ErrorContains(t, canRead(previous["engagement.1"], text), want, name)
	}
}

// canRead reports whether data written with the schema writer can be read with the schema reader.
func canRead(writer, reader string) error {
	w, err := avro.Parse(writer)
	if err != nil {
		return err
	}
	r, err := avro.Parse(reader)
	if err != nil {
		return err
	}
	return avro.CheckCompatibility(w, r)
}

// readAll returns the schema files of a folder by name without extension.
func readAll(t *testing.T, dir string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.avsc"))
	require.NoError(t, err)
	require.NotEmpty(t, paths, dir)
	texts := make(map[string]string, len(paths))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		texts[strings.TrimSuffix(filepath.Base(path), ".avsc")] = string(text)
	}
	return texts
}

// Rows can be peeked only if all of them, in every generation, begin with the position.
func TestRowsBeginWithTheirPosition(t *testing.T) {
	rows := 0
	for _, dir := range []string{"avro", "testdata/previous"} {
		for name, text := range readAll(t, dir) {
			if !strings.Contains(name, "_row") {
				continue
			}
			rows++
			fields := avro.MustParse(text).Root().Fields
			require.Equal(t, "last_epoch int", fields[0].Name+" "+fields[0].Type.Type, name)
			require.Equal(t, "last_offset long", fields[1].Name+" "+fields[1].Type.Type, name)
		}
	}
	require.GreaterOrEqual(t, rows, 6)
}

// A type that several schemas define is the same in all of them.
func TestSharedTypesAgree(t *testing.T) {
	defined := map[string]string{} // type name to definition, without docs
	shared := 0
	var walk func(file string, node any)
	walk = func(file string, node any) {
		switch node := node.(type) {
		case []any:
			for _, n := range node {
				walk(file, n)
			}
		case map[string]any:
			delete(node, "doc")
			for _, n := range node {
				walk(file, n)
			}
			name, named := node["name"].(string)
			if _, isType := node["type"].(string); !named || !isType || node["fields"] == nil && node["symbols"] == nil {
				return
			}
			text, err := json.Marshal(node)
			require.NoError(t, err)
			if before, ok := defined[name]; ok {
				shared++
				require.JSONEq(t, before, string(text), "%s in %s", name, file)
			}
			defined[name] = string(text)
		}
	}
	current, _ := schemaFiles(t)
	for file, text := range current {
		var node any
		require.NoError(t, json.Unmarshal([]byte(text), &node))
		walk(file, node)
	}
	require.Equal(t, 7+3+1+1+1, shared, "Origin in eight files, Action in four, ReactionSource, Column and TransactionTable in two")

	var action struct{ Symbols []string }
	require.NoError(t, json.Unmarshal([]byte(defined["Action"]), &action))
	for a := engagement.View; ; a++ {
		if _, known := engagement.ParseAction(a.String()); !known {
			require.Len(t, action.Symbols, int(a))
			break
		}
		require.Equal(t, a.String(), action.Symbols[a])
	}
}
