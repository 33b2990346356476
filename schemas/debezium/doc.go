// Package debezium reads what Debezium 3 writes to Kafka for PostgreSQL: changes of rows, in JSON without and with
// schema and in Avro with Confluent's framing.
//
// It says what a record is (Event). It does not know our tables, keeps nothing between records and opens no connection:
// writers' schemas come from a lookup that it is given. A record that cannot be read is an error that names its kind,
// never a half-filled event.
package debezium
