// Package devstack starts the servers the pipeline talks to, on one machine and without an installation: Kafka, a schema
// registry, Redis and ClickHouse. The demo and the tests use it; production has the real ones. Only addresses differ, no
// other package may know which stack it is on.
//
//	part        server                                              data in Config.DataDir
//	Kafka       kfake, one broker, in this process                  kafka/: topics, records, group offsets
//	Registry    srfake, in this process                             registry.jsonl: every accepted change
//	Redis       miniredis, in this process                          none: a cache, it starts empty
//	ClickHouse  `clickhouse server` if it is on the PATH, else      clickhouse/
//	            cmd/chdb-server with the chDB library; a child
//	            process that ends with this one, however it ends
//
// The chDB library (an npm package, about 0.5 GB unpacked) and the chdb-server binary are fetched and built on first
// use and kept in Config.CacheDir.
//
// Guarantee: what a server acknowledged is there again after a restart with the same DataDir, also after SIGKILL of
// this process. It does not outlive a power cut: Kafka's log is written, not synced. One process per DataDir.
//
// It does not replicate, authenticate or encrypt, and its Kafka is no proof of what a real broker does. Two differences
// are worth knowing. After SIGKILL the broker has forgotten the sequence numbers of idempotent producers: one that lives
// on in another process may have its last batch written twice. And with one broker, offset commits share sarama's
// connection with the fetches and wait up to Consumer.MaxWaitTime (500 ms unless set) behind the one in flight.
package devstack
