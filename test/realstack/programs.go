package realstack

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/nova-social/nova-streams/docker"
	"github.com/nova-social/nova-streams/test/process"
)

var (
	//go:embed connect.xml
	workerPOM []byte
	//go:embed registry.xml
	registryPOM []byte
)

// programs is where they are: paths of java and of directories.
type programs struct {
	java                             string
	worker, debezium, avro, registry string
	postgres                         string
}

// resolve finds all programs and fetches what is not in the cache.
func resolve(ctx context.Context, log func(...any)) (p programs, err error) {
	if p.postgres, err = findPostgres(ctx, debianPrograms); err != nil {
		return p, err
	}
	if p.java, err = process.FindJava(ctx); err != nil {
		return p, err
	}
	for _, want := range []struct {
		dir *string
		process.Artifacts
		file string // in docker.Files, if it is shared with the container
	}{
		{&p.worker, process.Artifacts{Name: "connect-4.3.1", Size: "36 MB", POM: workerPOM}, ""},
		{&p.debezium, process.Artifacts{Name: "debezium-3.7.0.Final", Size: "8 MB"}, "connect/debezium.xml"},
		{&p.avro, process.Artifacts{Name: "avro-converter-2.6.13.Final", Size: "7 MB"}, "connect/avro.xml"},
		{&p.registry, process.Artifacts{Name: "apicurio-registry-2.6.13.Final", Size: "146 MB", POM: registryPOM, Unpack: true}, ""},
	} {
		if want.file != "" {
			if want.POM, err = docker.Files.ReadFile(want.file); err != nil {
				return p, fmt.Errorf("looking for what the containers are made of: %w", err)
			}
		}
		if *want.dir, err = want.Fetch(ctx, log); err != nil {
			return p, err
		}
	}
	return p, nil
}
