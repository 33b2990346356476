package schemas

import (
	"context"
	"errors"
	"fmt"

	"github.com/lovoo/goka"
	"github.com/twmb/avro"
)

// ErrSchemaNotFound says that the registry answered and knows no schema under the id.
var ErrSchemaNotFound = errors.New("schemas: the registry knows no such schema")

// Registrar is the schema registry as codecs see it.
type Registrar interface {
	// Register makes schema known under subject and returns its id.
	Register(ctx context.Context, subject, schema string) (id int, err error)
	// Schema returns the schema of an id; ErrSchemaNotFound where there is none, any other error where the registry
	// could not say.
	Schema(ctx context.Context, id int) (schema string, err error)
}

// Codecs are the codecs of all topics and tables. They are safe for use by many goroutines.
//
// Decode of a topic codec returns the record or an *Unreadable, and no error, with one exception: a schema id not seen
// before while the registry cannot be reached. Then it waits until the registry is back, or until the context given to
// NewCodecs ends, and only then returns an error: an outage is no reason to refuse good records.
//
// Event.Raw and Unreadable.Value are the input itself, not a copy: nobody may write to it. Strings are copies, several
// of them in one block of memory: clone what is kept for long.
type Codecs struct {
	Events         goka.Codec // *Event
	Activity       goka.Codec // *Activity
	EnrichedEvents goka.Codec // *EnrichedEvent
	ReactionInputs goka.Codec // *ReactionInput
	Engagements    goka.Codec // *Engagement
	DeadLetters    goka.Codec // *DeadLetter
	Connector      goka.Codec // Raw: what Debezium wrote, which is read with key and headers
	Changes        goka.Codec // *Change

	CacheInvalidations goka.Codec // *CacheInvalidation

	TransactionInputs     goka.Codec // *TransactionInput
	TransactionsCompleted goka.Codec // *TransactionCompleted

	DedupRows    RowCodec // *DedupRow
	ReactionRows RowCodec // *ReactionRow
	ScoreRows    RowCodec // *ScoreRow
	SessionRows  RowCodec // *SessionRow
	EntityRows   RowCodec // *EntityRow

	TransactionRows RowCodec // *TransactionRow
}

// Subjects under which the topics' schemas are registered: "<topic>-value".
const (
	subjectEvents         = "events-value"
	subjectEventsDLQ      = "events-dlq-value"
	subjectActivity       = "activity-value"
	subjectActivityDLQ    = "activity-dlq-value"
	subjectReactionInputs = "reaction-inputs-value"
	subjectEngagements    = "engagements-value"
	subjectEnriched       = "enriched-events-value"
	subjectEnrichedDLQ    = "enriched-events-dlq-value"
	subjectCdcDLQ         = "cdc-dlq-value"
	subjectChangesDLQ     = "changes-dlq-value"

	subjectCacheInvalidations    = "cache-invalidations-value"
	subjectCacheInvalidationsDLQ = "cache-invalidations-dlq-value"

	subjectTransactionInputs     = "transaction-inputs-value"
	subjectTransactionsCompleted = "transactions-completed-value"
	subjectTransactionsDLQ       = "transaction-inputs-dlq-value"
)

// registration is a schema and what it is registered under.
type registration struct {
	subject string
	schema  *avro.Schema
}

// NewCodecs registers the schema of every topic and returns the codecs. It does not retry: an error means that the
// registry refused a schema or could not be reached.
func NewCodecs(ctx context.Context, r Registrar) (*Codecs, error) {
	registrations := []registration{
		{subjectEvents, eventSchema},
		{subjectEventsDLQ, deadLetterSchema},
		{subjectActivity, activitySchema},
		{subjectActivityDLQ, deadLetterSchema},
		{subjectReactionInputs, reactionInputSchema},
		{subjectEngagements, engagementSchema},
		{subjectEnriched, enrichedEventSchema},
		{subjectEnrichedDLQ, deadLetterSchema},
		{subjectCdcDLQ, deadLetterSchema},
		{subjectChangesDLQ, deadLetterSchema},
		{subjectTransactionInputs, transactionInputSchema},
		{subjectTransactionsCompleted, transactionCompletedSchema},
		{subjectTransactionsDLQ, deadLetterSchema},
	}
	for _, table := range ChangedTables() {
		registrations = append(registrations, registration{"changes." + table + "-value", changeSchema})
	}
	registrations = append(registrations,
		registration{subjectCacheInvalidations, cacheInvalidationSchema}, registration{subjectCacheInvalidationsDLQ, deadLetterSchema})
	ids := make(map[string]uint32, len(registrations))
	for _, reg := range registrations {
		id, err := r.Register(ctx, reg.subject, reg.schema.String())
		if err != nil {
			return nil, fmt.Errorf("registering %s: %w", reg.subject, err)
		}
		if id < 0 || int64(id) > maxSchemaID {
			return nil, fmt.Errorf("registering %s: schema id %d is not within 0 to %d", reg.subject, id, maxSchemaID)
		}
		ids[reg.subject] = uint32(id)
	}
	lookup := waitFor(ctx, r)
	return &Codecs{
		Events:         eventCodec{newFramed[Event]("event", eventSchema, nil, ids[subjectEvents], lookup)},
		Activity:       newFramed[Activity]("activity", activitySchema, activityByHand, ids[subjectActivity], lookup),
		EnrichedEvents: newFramed[EnrichedEvent]("enriched event", enrichedEventSchema, enrichedEventByHand, ids[subjectEnriched], lookup),
		ReactionInputs: newFramed[ReactionInput]("reaction input", reactionInputSchema, reactionInputByHand, ids[subjectReactionInputs], lookup),
		Engagements:    newFramed[Engagement]("engagement", engagementSchema, engagementByHand, ids[subjectEngagements], lookup),
		DeadLetters:    newFramed[DeadLetter]("dead letter", deadLetterSchema, nil, ids[subjectEventsDLQ], lookup),
		Connector:      rawCodec{},
		Changes:        newFramed[Change]("change", changeSchema, changeByHand, ids["changes."+ChangedTables()[0]+"-value"], lookup),

		CacheInvalidations: newFramed[CacheInvalidation]("cache invalidation", cacheInvalidationSchema, nil, ids[subjectCacheInvalidations], lookup),

		TransactionInputs:     newFramed[TransactionInput]("transaction input", transactionInputSchema, nil, ids[subjectTransactionInputs], lookup),
		TransactionsCompleted: newFramed[TransactionCompleted]("completed transaction", transactionCompletedSchema, nil, ids[subjectTransactionsCompleted], lookup),

		DedupRows:    dedupRows,
		ReactionRows: reactionRows,
		ScoreRows:    scoreRows,
		SessionRows:  sessionRows,
		EntityRows:   entityRows,

		TransactionRows: transactionRows,
	}, nil
}
