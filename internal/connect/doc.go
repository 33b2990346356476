// Package connect looks after a connector through Kafka Connect's REST API: it registers it, says how its tasks are, and
// makes the signal that has Debezium read tables again. It writes nothing to Kafka and knows no database.
//
// Guarantee: Register returns without an error only when the tasks have run for a while with the configuration that was
// given; a second Register of the same changes nothing.
package connect
