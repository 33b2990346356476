package realkafka

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// Names in a broker's directory.
const (
	configName  = "server.properties"
	loggingName = "log4j2.properties"
)

var (
	//go:embed server.properties
	configText string
	//go:embed log4j2.properties
	loggingText []byte

	configTemplate = template.Must(template.New(configName).Option("missingkey=error").Parse(configText))
)

// prepare writes the broker's configuration and, in a new directory, formats its storage.
func (b *broker) prepare(ctx context.Context, clusterID string, all []*broker, extra []string) error {
	if err := b.writeConfig(all, extra); err != nil {
		return fmt.Errorf("configuring broker %d: %w", b.id, err)
	}
	_, err := os.Stat(filepath.Join(b.dir, "data", "meta.properties"))
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	format := b.program.java(ctx, b.dir, "kafka.tools.StorageTool", "format", "--cluster-id", clusterID, "--config", configName)
	if said, err := format.CombinedOutput(); err != nil {
		return fmt.Errorf("formatting the storage of broker %d: %w: %s", b.id, err, said)
	}
	return nil
}

func (b *broker) writeConfig(all []*broker, extra []string) error {
	var voters []string
	for _, v := range all {
		voters = append(voters, fmt.Sprintf("%d@127.0.0.1:%d", v.id, v.controllerPort))
	}
	replication := len(all)
	var config strings.Builder
	err := configTemplate.Execute(&config, map[string]any{
		"ID": b.id, "Port": b.port, "ControllerPort": b.controllerPort, "Voters": strings.Join(voters, ","),
		"Replication": replication, "MinISR": min(replication, 2), "Extra": extra,
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(b.dir, configName), []byte(config.String()), 0o644),
		os.WriteFile(filepath.Join(b.dir, loggingName), loggingText, 0o644),
	)
}

// newClusterID returns what Kafka takes as one: 16 bytes in URL-safe Base64. Chosen at random, it keeps brokers of
// another test away that happen to find our port.
func newClusterID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[0] &= 0x7f           // no dash in front, which would look like an option
	return base64.RawURLEncoding.EncodeToString(id[:])
}
