// Package process starts programs of this machine that a test needs beside it, such as a Kafka broker: on free ports,
// with their output in a file whose end is shown when something fails. It also finds Java and fetches jars by Maven, once,
// into the user's cache directory. It needs Linux.
//
// Guarantee: a process that was started ends with the test's process, however that ends.
// It does not know what the programs are for: test/realkafka and test/realstack do.
package process
