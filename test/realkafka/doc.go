// Package realkafka starts Apache Kafka for a test: one broker or three, as Java processes of this machine that die with
// the test's. Embedded Kafka (internal/devstack) is what tests use otherwise; this is to see that a real broker agrees.
//
// It needs Linux, java (17 or later) and mvn. The broker's jars come from Maven, once, into the user's cache directory.
// It starts nothing unless NOVA_REAL=1 is set: `make test-real` does that.
//
// Brokers log what they warn of to broker.log in their directories; its end is shown when a test fails.
//
// Guarantee: what a broker acknowledged is there again after Kill and Restart, and after Close when the same directory
// is given to Start again. It does not outlive a power cut: Kafka's log is written, not synced. It does not authenticate
// or encrypt, and some times and sizes differ from production's: server.properties says which.
package realkafka
