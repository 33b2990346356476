// Package debezium reads what Debezium 3 writes to Kafka for PostgreSQL: changes of rows, and the boundaries of
// transactions, in JSON without and with schema and in Avro with Confluent's framing. Each key and each value says by
// itself which of them it is.
//
// It says what a record is (Event, Boundary, Skip). It does not know our tables, keeps nothing between records but
// schemas, and opens no connection: writers' schemas come from a lookup that it is given. A record that cannot be read
// is an *Error that names its kind, never a half-filled event.
//
//	Kind             the record                                           what helps
//	Connector        is not what the connector should write: another      setting up the connector, then sending the
//	                 shape or framing, another database's                 records again
//	SchemaMismatch   does not fit its schema, has none, or lacks what     the registry, or the connector's converters,
//	                 every change has, or has it in another type          then sending again
//	EventProcessing  is damaged (cut, a name twice, not UTF-8), or        nothing here: the row is written again by a
//	                 contradicts itself                                   snapshot of its table
//
// Any other error says nothing about the record: its schema could not be asked for now.
//
// # What the values do not say
//
// JSON without schema has no types: a date is a number, a decimal is base64, and a column that was dropped looks like
// one that was left out.
//
// A NULL in a column with a default arrives as that default, in all formats: converters replace it. A timestamptz that
// defaults to now() has 1970-01-01T00:00:00.000000Z for it. Whoever needs the NULL sets the JSON converter's
// replace.null.with.default=false.
package debezium
