package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplitInsert(t *testing.T) {
	for _, c := range []struct{ sql, before, after, data string }{
		{"INSERT INTO t FORMAT Native\n\n\nx", "INSERT INTO t ", "FORMAT Native", "\n\nx"},
		{"INSERT INTO t FORMAT Native", "INSERT INTO t ", "FORMAT Native", ""},
		{"insert into db.t (a, `format`) format JSONEachRow \t {\"a\":1}", "insert into db.t (a, `format`) ", "format JSONEachRow", "{\"a\":1}"},
		{"INSERT INTO t SETTINGS a = 'FORMAT x', b = 1 FORMAT CSV\r\n1\n\n2", "INSERT INTO t ", "SETTINGS a = 'FORMAT x', b = 1 FORMAT CSV", "1\n\n2"},
		{"-- FORMAT\n/* FORMAT ' */INSERT INTO \"FORMAT \\\" x\" FORMAT TSV\n", "-- FORMAT\n/* FORMAT ' */INSERT INTO \"FORMAT \\\" x\" ", "FORMAT TSV", ""},
		{"INSERT INTO FUNCTION file('it''s FORMAT', 'CSV') (a) FORMAT CSV 1", "INSERT INTO FUNCTION file('it''s FORMAT', 'CSV') (a) ", "FORMAT CSV", "1"},
	} {
		got, ok := splitInsert([]byte(c.sql))
		require.True(t, ok, c.sql)
		require.Equal(t, c.before, string(got.before), c.sql)
		require.Equal(t, c.after, string(got.after), c.sql)
		require.Equal(t, c.data, string(got.data), c.sql)
	}
	for _, sql := range []string{
		"", "SELECT 1 FORMAT Native", "INSERT INTO t VALUES (1) FORMAT", "INSERT INTO t SELECT 1 FORMAT Native",
		"INSERT INTO t FORMAT Values (1)", "INSERT INTO t FROM INFILE 'x' FORMAT CSV", "INSERT INTO t (a FORMAT Native", "INSERT INTO 't FORMAT x",
		"INSERT INTO t WITH 1 AS x SELECT x FORMAT Native", "INSERT INTO t FORMAT",
	} {
		_, ok := splitInsert([]byte(sql))
		require.False(t, ok, sql)
	}
}

func TestInsertFromFile(t *testing.T) {
	dir := t.TempDir() + "/it's"
	require.NoError(t, os.Mkdir(dir, 0o755))
	i, ok := splitInsert([]byte("INSERT INTO t FORMAT Native\n1\n\n2"))
	require.True(t, ok)
	sql, remove, err := i.fromFile(dir)
	require.NoError(t, err)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1)
	path := dir + "/" + files[0].Name()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "1\n\n2", string(data))
	require.Equal(t, "INSERT INTO t  FROM INFILE '"+escaped.Replace(path)+"' FORMAT Native", string(sql))
	remove()
	require.NoFileExists(t, path)
}

func FuzzSplitInsert(f *testing.F) {
	f.Add([]byte("INSERT INTO t (a) SETTINGS x = 'y' FORMAT Native\n\x00\n\n"))
	f.Add([]byte("INSERT /* '\\"))
	f.Fuzz(func(t *testing.T, sql []byte) {
		i, ok := splitInsert(sql)
		if ok {
			require.Equal(t, string(sql[:len(i.before)+len(i.after)]), string(i.before)+string(i.after))
			require.True(t, len(i.data) <= len(sql)-len(i.before)-len(i.after))
			require.Equal(t, string(sql[len(sql)-len(i.data):]), string(i.data))
		}
	})
}
