package realstack

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPostgres_must_be_there_and_of_its_version(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	const missing = "PostgreSQL 15 is needed (package postgresql-15); `make test-real` installs it where there is apt-get; "
	_, err := findPostgres(t.Context(), "/nowhere")
	require.EqualError(t, err, missing+"there is none")
	says := func(version string) {
		require.NoError(t, os.WriteFile(filepath.Join(bin, "initdb"), []byte("#!/bin/sh\necho 'initdb (PostgreSQL) "+version+"'\n"), 0o755))
	}
	says("16.4")
	_, err = findPostgres(t.Context(), "/nowhere")
	require.EqualError(t, err, missing+filepath.Join(bin, "initdb")+` says "initdb (PostgreSQL) 16.4"`)
	says("15.18 (Debian 15.18-0+deb12u1)")
	for _, dir := range []string{"/nowhere", bin} {
		found, err := findPostgres(t.Context(), dir)
		require.NoError(t, err)
		require.Equal(t, bin, found)
	}
}
