package docker

import (
	"encoding/xml"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/nova-social/nova-streams/internal/clickhouse"
)

// Grafana runs whatever somebody types: it gets the user for reading, whom nova migrate may create.
func TestGrafanaReadsAsTheReader(t *testing.T) {
	text, err := os.ReadFile("grafana/provisioning/datasources/clickhouse.yml")
	require.NoError(t, err)
	var sources struct {
		Datasources []struct {
			Type     string
			JSONData struct {
				Host, Protocol, Username string
				Port                     int
				DefaultDatabase          string `yaml:"defaultDatabase"`
			} `yaml:"jsonData"`
			SecureJSONData struct{ Password string } `yaml:"secureJsonData"`
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &sources))
	source, c := sources.Datasources[0], load(t)
	require.Equal(t, source.Type, *c.Services["grafana"].Environment["GF_INSTALL_PLUGINS"])
	require.Contains(t, c.Services, source.JSONData.Host)
	require.Equal(t, 8123, source.JSONData.Port)
	require.Equal(t, clickhouse.DefaultConfig().Database, source.JSONData.DefaultDatabase)

	environ := c.Services["migrate"].Environment
	require.Equal(t, "true", *environ["NOVA_CLICKHOUSE_READ_CREATE"])
	require.Equal(t, *environ["NOVA_CLICKHOUSE_READ_USER"], source.JSONData.Username)
	require.Equal(t, *environ["NOVA_CLICKHOUSE_READ_PASSWORD"], source.SecureJSONData.Password)
	require.NotEqual(t, *environ["NOVA_CLICKHOUSE_USER"], source.JSONData.Username)
	require.Equal(t, "1", *c.Services["clickhouse"].Environment["CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT"])
}

// Where the program may not create the user, a file does: the same user with the same rights.
func TestReaderFileIsTheSameUser(t *testing.T) {
	text, err := os.ReadFile("clickhouse/reader.xml")
	require.NoError(t, err)
	var file struct {
		Profile struct {
			ReadOnly   int       `xml:"readonly"`
			Changeable *struct{} `xml:"constraints>max_execution_time>changeable_in_readonly"`
		} `xml:"profiles>nova_reader"`
		User struct {
			Profile string   `xml:"profile"`
			Grants  []string `xml:"grants>query"`
		} `xml:"users>nova_reader"`
	}
	require.NoError(t, xml.Unmarshal(text, &file))
	sql, err := os.ReadFile("../internal/clickhouse/sql/reader.sql")
	require.NoError(t, err)
	require.Contains(t, string(sql), "SETTINGS readonly = 1, max_execution_time CHANGEABLE_IN_READONLY;")
	require.Equal(t, 1, file.Profile.ReadOnly)
	require.NotNil(t, file.Profile.Changeable)
	require.Equal(t, "nova_reader", file.User.Profile)
	require.Len(t, file.User.Grants, 1)
	grant := strings.NewReplacer("{database}", "nova", "{user}", "nova_reader").Replace(string(sql))
	require.Contains(t, grant, file.User.Grants[0]+" TO nova_reader;")
}

// docs/grafana.md names only metrics that there are.
func TestGrafanaNotesNameMetricsThatExist(t *testing.T) {
	text, err := os.ReadFile("../docs/grafana.md")
	require.NoError(t, err)
	var known names
	clickhouse.NewMetrics(&known)
	clickhouse.NewCallMetrics(&known)
	named := regexp.MustCompile("`((?:nova_sink|clickhouse)_(?:query|breaker|records|batches|insert|retries)\\w*)`").FindAllStringSubmatch(string(text), -1)
	require.Len(t, named, 7)
	for _, m := range named {
		require.Contains(t, known.seen, m[1])
	}
}
