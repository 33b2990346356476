package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/nova-social/nova-streams/internal/secret"
)

func TestNothingPrintsASecret(t *testing.T) {
	const value = "correct-horse"
	holder := struct {
		Password secret.Text
		Pointer  *secret.Text
	}{Password: value}
	holder.Pointer = &holder.Password

	printed := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		printed[verb] = fmt.Sprintf(verb+" "+verb+" "+verb, holder.Password, holder, &holder)
	}
	js, err := json.Marshal(holder)
	require.NoError(t, err)
	printed["json"] = string(js)
	ya, err := yaml.Marshal(holder)
	require.NoError(t, err)
	printed["yaml"] = string(ya)
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("login", "password", holder.Password, "holder", holder)
	}
	printed["slog"] = log.String()

	for how, text := range printed {
		require.NotContains(t, text, value, how)
		require.NotContains(t, text, fmt.Sprintf("%x", value), how)
		require.Contains(t, text, "[redacted]", how)
	}
}

func TestRevealAndUnset(t *testing.T) {
	var p secret.Text
	require.Empty(t, fmt.Sprint(p))
	require.NoError(t, p.UnmarshalText([]byte("a b")))
	require.Equal(t, "a b", p.Reveal())
}
