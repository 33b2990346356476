// Package realstack starts what changes of the application's database come through, as processes of this machine that
// die with the test's: PostgreSQL with its tables, Kafka, Kafka Connect with Debezium and the Avro converter, and a schema
// registry. It is the stack of docker-compose.yml without containers: tables, worker and connectors are read from the
// same files.
//
// It needs Linux, PostgreSQL 15, java (17 or later) and mvn; jars come from Maven, once, into the user's cache directory.
// It starts nothing unless NOVA_REAL=1 is set: `make test-real` does that, and installs what is missing.
//
// What the processes say is shown in short when a test fails, and kept whole with the test's artifacts.
package realstack
