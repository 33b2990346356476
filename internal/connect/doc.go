// Package connect looks after a connector of Kafka Connect: it registers it and says how its tasks are, through Connect's
// REST API, and has Debezium read tables again, by a signal in Kafka. It knows no database: what Connect needs to reach
// one, it has itself.
//
// Guarantee: Register returns without an error only when the tasks have run for a while with the configuration that was
// given; a second Register of the same changes nothing. A signal that was sent is read once Debezium runs.
package connect
