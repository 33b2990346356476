package load

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/IBM/sarama/mocks"
	"github.com/stretchr/testify/require"
)

func recordedLine(topic string, partition int, value []byte) string {
	return fmt.Sprintf(`{"topic":%q,"partition":%d,"key_b64":null,"value_b64":%q}`, topic, partition, base64.StdEncoding.EncodeToString(value))
}

func TestLookRecorded_says_what_is_needed(t *testing.T) {
	path := file(t, recordedLine("cdc.posts", 3, []byte("{}")), "", recordedLine("cdc.users", 0, nil), recordedLine("cdc.posts", 1, []byte{0, 0, 0, 0, 7, 1}))
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), schemasFile), []byte(`[{"subject":"cdc.posts-value","id":7,"schema":"\"int\""}]`), 0o600))
	r, err := LookRecorded([]string{path, path}, nil)
	require.NoError(t, err)
	require.Equal(t, map[string]int32{"cdc.posts": 4, "cdc.users": 1}, r.Partitions)
	require.Equal(t, 6, r.Messages)
	require.True(t, r.Avro())
	r, err = LookRecorded([]string{path}, []string{"cdc.users"})
	require.NoError(t, err)
	require.Equal(t, 1, r.Messages)
	require.False(t, r.Avro())
}

func TestLookRecorded_names_a_bad_line(t *testing.T) {
	for bad, want := range map[string]string{
		`{"topic":`: "reading a recorded message: ",
		`{"user_id":"u","post_id":"p","action":"view"}`: `not a recorded message: topic "", partition 0`,
		recordedLine("cdc.posts", -1, nil):              "partition -1",
		`{"topic":"cdc.posts","value_b64":"?"}`:         "illegal base64 data",
		recordedLine("t", 0, []byte{0, 0, 0, 0, 7, 1}):  "value: it is written with schema 7, which no schemas.json beside the file has",
	} {
		path := file(t, recordedLine("cdc.posts", 0, []byte("{}")), "", bad)
		_, err := LookRecorded([]string{path}, nil)
		require.ErrorContains(t, err, path+", line 3: ")
		require.ErrorContains(t, err, want)
	}
	path := file(t, recordedLine("t", 0, nil))
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), schemasFile), []byte(`[{`), 0o600))
	_, err := LookRecorded([]string{path}, nil)
	require.ErrorContains(t, err, "reading "+filepath.Join(filepath.Dir(path), schemasFile))
}

func TestSend_stops_at_what_cannot_go(t *testing.T) {
	path := file(t, strings.Repeat(recordedLine("t", 5, []byte("{}"))+"\n", 3))
	r, err := LookRecorded([]string{path}, nil)
	require.NoError(t, err)
	_, err = r.Send(t.Context(), Replay{Grace: 1, Topics: map[string]Target{"t": {Name: "t"}}}, mocks.NewAsyncProducer(t, mocks.NewTestConfig()), quiet)
	require.ErrorContains(t, err, "topic t has no partitions")
}
