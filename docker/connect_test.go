package docker

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/connect"
)

func connectorOf(t *testing.T, format string) connect.Connector {
	t.Helper()
	text, err := Connector(format)
	require.NoError(t, err)
	c, err := connect.Parse(text)
	require.NoError(t, err)
	return c
}

// A connector refers to nothing that Connect is not told, and Connect is told nothing that no connector refers to.
func TestConnectorsFindTheirServers(t *testing.T) {
	c := load(t)
	used := map[string]bool{}
	for _, format := range []string{"json", "avro"} {
		connector := connectorOf(t, format)
		require.Equal(t, config.Default().CDC.Connector, connector.Name)
		text, err := json.Marshal(connector.Config)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`\$\{env:(\w+)\}`).FindAllSubmatch(text, -1) {
			used[string(m[1])] = true
		}
	}
	told := c.Services["connect"].Environment
	require.ElementsMatch(t, slices.Collect(maps.Keys(told)), slices.Collect(maps.Keys(used)))
	properties, err := Files.ReadFile("connect/connect.properties")
	require.NoError(t, err)
	require.Contains(t, string(properties), "\nconfig.providers.env.param.allowlist.pattern=^CDC_.*$\n")
	for name := range used {
		require.Regexp(t, "^CDC_", name)
	}

	postgres := c.Services["postgres"]
	require.Equal(t, postgres.Name, *told["CDC_DATABASE_HOST"])
	require.Equal(t, *postgres.Environment["POSTGRES_DB"], *told["CDC_DATABASE_NAME"])
	require.Equal(t, *c.Services["nova"].Environment["NOVA_KAFKA_BROKERS"], *told["CDC_KAFKA_BROKERS"])
	require.Contains(t, string(properties), "bootstrap.servers="+*told["CDC_KAFKA_BROKERS"]+"\n")
	require.Equal(t, hostOf(t, *c.Services["nova"].Environment["NOVA_REGISTRY_URL"]), hostOf(t, *told["CDC_REGISTRY_URL"]))
	tables, err := os.ReadFile("postgres/init.sql")
	require.NoError(t, err)
	require.Contains(t, string(tables), "CREATE ROLE "+*told["CDC_DATABASE_USER"]+" LOGIN REPLICATION PASSWORD '"+*told["CDC_DATABASE_PASSWORD"]+"';")
}

// The two connectors differ only in what they write, and capture exactly what is published.
func TestConnectorsCaptureWhatIsPublished(t *testing.T) {
	json, avro := connectorOf(t, "json"), connectorOf(t, "avro")
	for _, c := range []connect.Connector{json, avro} {
		maps.DeleteFunc(c.Config, func(key, _ string) bool { return regexp.MustCompile(`^(key|value)\.converter`).MatchString(key) })
	}
	require.Equal(t, json, avro)
	text, err := os.ReadFile("postgres/init.sql")
	require.NoError(t, err)
	published := regexp.MustCompile(`CREATE PUBLICATION (\w+) FOR TABLE ([^;]+);`).FindSubmatch(text)
	require.Equal(t, json.Config["publication.name"], string(published[1]))
	var captured []string
	for table := range strings.SplitSeq(string(published[2]), ", ") {
		captured = append(captured, "public."+table)
	}
	require.Equal(t, strings.Join(captured, ","), json.Config["table.include.list"])
	created := regexp.MustCompile(`CREATE TABLE (\w+)`).FindAllSubmatch(text, -1)
	require.Len(t, created, len(captured))
	for _, m := range created {
		require.Contains(t, captured, "public."+string(m[1]))
	}
	require.Equal(t, strconv.Itoa(int(config.Default().Kafka.Partitions)), json.Config["topic.creation.default.partitions"])
	require.Equal(t, json.Config["topic.creation.default.max.message.bytes"], json.Config["producer.override.max.request.size"])
	_, err = connect.SignalTopic(json.Config)
	require.NoError(t, err)
}

func TestConnector_knows_its_formats(t *testing.T) {
	_, err := Connector("xml")
	require.EqualError(t, err, `a connector writes json or avro, not "xml"`)
}
