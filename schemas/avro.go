package schemas

import (
	"embed"
	"fmt"

	"github.com/twmb/avro"
)

// The schemas are the source of truth; the Go types follow them.
//
//go:embed avro/*.avsc
var files embed.FS

// The current schema of each record and row.
var (
	eventSchema         = load("event")
	activitySchema      = load("activity")
	enrichedEventSchema = load("enriched_event")
	reactionInputSchema = load("reaction_input")
	engagementSchema    = load("engagement")
	deadLetterSchema    = load("dead_letter")
	dedupRowSchema      = load("dedup_row")
	reactionRowSchema   = load("reaction_row")
	scoreRowSchema      = load("score_row")
	sessionRowSchema    = load("session_row")
	changeSchema        = load("change")
	entityRowSchema     = load("entity_row")

	cacheInvalidationSchema = load("cache_invalidation")

	transactionInputSchema     = load("transaction_input")
	transactionCompletedSchema = load("transaction_completed")
	transactionRowSchema       = load("transaction_row")
)

// Schemas rows were once written with.
var (
	reactionRowV1Schema = load("reaction_row.v1")
	scoreRowV1Schema    = load("score_row.v1")
)

// load parses the schema file of that name. The files are part of the program, so a bad one is a bug.
func load(name string) *avro.Schema {
	text, err := files.ReadFile("avro/" + name + ".avsc")
	if err != nil {
		panic(fmt.Sprintf("reading schema %s: %v", name, err))
	}
	return avro.MustParse(string(text))
}
