// Package docker holds the real stack as files: what containers are built from, and what is registered and created in
// them. Tests start the same from the same files without containers (test/realstack).
package docker

import (
	"embed"
	"fmt"
)

// Files are those that the program and tests use: the connectors, the Connect worker and the database.
//
//go:embed debezium connect postgres
var Files embed.FS

// Connector returns the connector that captures the application's database, as `nova cdc register` takes it. format is
// what it writes: json, without schemas, or avro, with a schema registry.
func Connector(format string) ([]byte, error) {
	name, ok := map[string]string{"json": "nova.json", "avro": "nova-avro.json"}[format]
	if !ok {
		return nil, fmt.Errorf("a connector writes json or avro, not %q", format)
	}
	return Files.ReadFile("debezium/" + name)
}
