package realstack

import (
	"archive/zip"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/nova-social/nova-streams/docker"
	"github.com/nova-social/nova-streams/test/process"
)

const (
	workerConfig  = "connect.properties"
	loggingConfig = "log4j2.properties"
	// services says that there is a converter, which its jars do not.
	services = "META-INF/services/org.apache.kafka.connect.storage.Converter"
)

//go:embed log4j2.properties
var logging []byte

// newWorker is Kafka Connect with the container's configuration but for addresses, which it prefers where they come last.
func (p programs) newWorker(dir, broker string, at ports) (*process.Process, error) {
	config, err := docker.Files.ReadFile("connect/" + workerConfig)
	if err != nil {
		return nil, fmt.Errorf("configuring Connect: %w", err)
	}
	plugins := filepath.Join(dir, "plugins")
	address := "http://127.0.0.1:" + strconv.Itoa(at.connect)
	config = fmt.Appendf(config, "\nbootstrap.servers=%s\nlisteners=%s\nrest.advertised.host.name=127.0.0.1\nrest.advertised.port=%d\nplugin.path=%s\n",
		broker, address, at.connect, plugins)
	if err := p.installPlugins(plugins); err != nil {
		return nil, fmt.Errorf("installing plugins of Connect: %w", err)
	}
	for name, text := range map[string][]byte{workerConfig: config, loggingConfig: logging} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return nil, fmt.Errorf("configuring Connect: %w", err)
		}
	}
	return &process.Process{
		Name: "Kafka Connect", Log: filepath.Join(dir, "connect.log"),
		New: func(ctx context.Context) *exec.Cmd {
			command := process.Java(ctx, p.java, dir, "-Djava.io.tmpdir="+dir, "-Dlog4j2.configurationFile="+loggingConfig, "-cp", filepath.Join(p.worker, "*"),
				"org.apache.kafka.connect.cli.ConnectDistributed", workerConfig)
			command.Env = append(os.Environ(),
				"CDC_DATABASE_HOST=127.0.0.1", "CDC_DATABASE_PORT="+strconv.Itoa(at.database), "CDC_DATABASE_NAME="+databaseName,
				"CDC_DATABASE_USER=debezium", "CDC_DATABASE_PASSWORD=debezium",
				"CDC_KAFKA_BROKERS="+broker, "CDC_REGISTRY_URL="+registryURL(at.registry)+"/apis/registry/v2")
			return command
		},
		Ready: func(ctx context.Context, _ []byte) bool { return answers(ctx, address+"/connectors") },
	}, nil
}

// installPlugins makes the directory that the container's Dockerfile makes.
func (p programs) installPlugins(dir string) error {
	if err := link(p.debezium, filepath.Join(dir, "debezium")); err != nil {
		return err
	}
	avro := filepath.Join(dir, "avro")
	if err := link(p.avro, avro); err != nil {
		return err
	}
	text, err := docker.Files.ReadFile("connect/" + services)
	if err != nil {
		return err
	}
	jar, err := os.Create(filepath.Join(avro, "services.jar"))
	if err != nil {
		return err
	}
	defer jar.Close()
	archive := zip.NewWriter(jar)
	file, err := archive.Create(services)
	if err != nil {
		return err
	}
	if _, err := file.Write(text); err != nil {
		return err
	}
	return archive.Close()
}

// link makes a directory with a link to each file of another.
func link(from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	files, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := os.Symlink(filepath.Join(from, f.Name()), filepath.Join(to, f.Name())); err != nil {
			return err
		}
	}
	return nil
}
