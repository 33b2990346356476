// Package schemas says what a record is: one Avro schema per record in avro/*.avsc, one Go type, one codec.
//
//	topic            record         key              Go type
//	events           event          user:post        Event (Avro or JSON, decoded to one type)
//	activity         activity       user:post        Activity
//	reaction-inputs  reaction_input user:post        ReactionInput
//	engagements      engagement     post             Engagement
//	*-dlq            dead_letter    of the bad input DeadLetter
//	dedup-table      dedup_row      user:post        DedupRow
//	reactions-table  reaction_row   user:post        ReactionRow
//	scores-table     score_row      post             ScoreRow
//
// It also holds what travels beside records: Origin (which input a derived record was made from), Position (how much
// input a row has seen) and CommitMeta (what a group writes beside its committed offset).
//
// It does no I/O and keeps no clock. A decoder never fails towards goka: what cannot be read becomes Unreadable, and
// the stage sends it to a dead-letter topic.
package schemas
