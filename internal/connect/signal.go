package connect

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Signal is a record that tells Debezium to do something.
type Signal struct {
	Topic string // has one partition; Debezium reads its first
	Key   string
	Value []byte
}

// SignalTopic returns the topic from which a connector takes signals. One that takes none from Kafka is an error.
func SignalTopic(config map[string]string) (string, error) {
	if !slices.Contains(fields(config["signal.enabled.channels"]), "kafka") {
		return "", errors.New(`the connector takes no signals from Kafka: its signal.enabled.channels must contain "kafka"`)
	}
	if topic := config["signal.kafka.topic"]; topic != "" {
		return topic, nil
	}
	return config["topic.prefix"] + "-signal", nil // as Debezium has it
}

// SnapshotSignal has the connector with this configuration read tables again while it goes on with their changes. A
// table without a schema is one of public. A table that the connector does not capture is an error: Debezium would say
// nothing. id is of this signal alone.
func SnapshotSignal(config map[string]string, id string, tables []string) (Signal, error) {
	topic, err := SignalTopic(config)
	if err != nil {
		return Signal{}, err
	}
	captured := fields(config["table.include.list"])
	var collections []string
	for _, table := range tables {
		if !strings.Contains(table, ".") {
			table = "public." + table
		}
		if len(captured) > 0 && !slices.Contains(captured, table) {
			return Signal{}, fmt.Errorf("the connector does not capture table %s; it captures %s", table, strings.Join(captured, ", "))
		}
		collections = append(collections, table)
	}
	value, err := json.Marshal(map[string]any{
		"id": id, "type": "execute-snapshot", "data": map[string]any{"type": "INCREMENTAL", "data-collections": collections},
	})
	if err != nil {
		return Signal{}, fmt.Errorf("encoding the signal: %w", err)
	}
	return Signal{Topic: topic, Key: config["topic.prefix"], Value: value}, nil
}

func fields(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
