// Package schemas says what a record is: one Avro schema per record in avro/*.avsc, one Go type, one codec.
//
//	topic            record         key              Go type
//	events           event          user:post        Event (Avro or JSON, decoded to one type)
//	activity         activity       user             Activity
//	enriched-events  enriched_event user             EnrichedEvent
//	reaction-inputs  reaction_input user:post        ReactionInput
//	engagements      engagement     post             Engagement
//	cdc.*            of Debezium    primary key      Raw, read by package debezium
//	changes.*        change         natural id       Change
//	cache-invalidations cache_invalidation scope:id  CacheInvalidation
//	*-dlq            dead_letter    of the bad input DeadLetter
//	dedup-table      dedup_row      user:post        DedupRow
//	reactions-table  reaction_row   user:post        ReactionRow
//	scores-table     score_row      post             ScoreRow
//	sessions-table   session_row    user             SessionRow
//	posts-table …    entity_row     natural id       EntityRow
//
// It also holds what travels beside records: Origin (which input a derived record was made from), Position (how much
// input a row has seen) and CommitMeta (what a group writes beside its committed offset).
//
// Topic records are Avro in Confluent's frame, read with the writer's schema and resolved to ours; rows carry a version
// byte instead, which names a schema embedded in the program. To change a schema: edit the file, give every new field a
// default, keep the result as the next generation in testdata/previous, and for a row keep the replaced file too
// (row_wire.go), with a reader of its own where fields have changed their meaning. The tests refuse what could not read
// an earlier generation. Records that pass by millions are also read and written by hand (by_hand_*.go, event_scan.go),
// which has to be changed with the schema; a test says so.
//
// It does no I/O of its own (the registry is behind Registrar) and asks no clock. The decoder of a topic never fails
// towards goka: what cannot be read becomes Unreadable, and the stage sends it to a dead-letter topic. A row that
// cannot be read is an error: it is our own, and a stage must not go on without it.
package schemas
