package reconcile

import (
	"time"

	"github.com/nova-social/nova-streams/schemas"
)

// Kind says what a finding is.
type Kind string

// The kinds. The first group is found by the chain of inserts, the second by comparing with the topic `events`.
const (
	LostRows       Kind = "lost_rows"        // an insert has fewer rows than it says
	DuplicateRows  Kind = "duplicate_rows"   // an insert has rows twice, or two inserts overlap
	LostInsert     Kind = "lost_insert"      // the chain has a gap
	DoubledInsert  Kind = "doubled_insert"   // all rows of an insert are there several times
	StrayRows      Kind = "stray_rows"       // rows outside the range they name, of a range nobody announced, or that name none
	LostEvents     Kind = "lost_events"      // events that were applied and have no row
	DuplicateEvent Kind = "duplicate_events" // events with several rows, or more rows than events
	LostLetters    Kind = "lost_letters"     // refused records without a dead letter
	Unaccounted    Kind = "unaccounted"      // inputs of a stage of which nobody knows what became
	BetweenStages  Kind = "between_stages"   // a stage has seen less or more than was passed on to it
	View           Kind = "view"             // a view says otherwise than what it is made of
)

// Kinds are all kinds.
var Kinds = []Kind{
	LostRows, DuplicateRows, LostInsert, DoubledInsert, StrayRows, LostEvents, DuplicateEvent, LostLetters, Unaccounted, BetweenStages, View,
}

// Finding is one difference.
type Finding struct {
	Kind      Kind      `json:"kind"`
	Topic     string    `json:"topic,omitempty"` // whose partition and offsets these are
	Partition int32     `json:"partition"`       // -1 for all
	First     int64     `json:"first"`           // offsets, the last included; -1 where none can be named
	Last      int64     `json:"last"`
	Rows      int64     `json:"rows"`          // how many are too few or too many; of dwell_ms in a view milliseconds
	From      time.Time `json:"from,omitzero"` // append time in `events` of the first and the last event concerned, or of
	To        time.Time `json:"to,omitzero"`   // their neighbours
	Happened  bool      `json:"happened"`      // From and To are hours of event time instead
	Detail    string    `json:"detail"`        // for a reader
	Exact     bool      `json:"exact"`         // First and Last are offsets of rows concerned, not only around them
	lookFrom  int64     // offsets among which the rows must be
	lookTo    int64     //
	topicID   string    // incarnation of Topic
	gone      bool      // these rows are missing, rather than too many
}

// Stage is how a group stood when everything before it had reached it.
type Stage struct {
	Group      string             `json:"group"`
	Lag        int64              `json:"lag"` // at the end of the comparison
	Accounting schemas.Accounting `json:"accounting"`
}

// Inserts is what the chain of one Kafka partition showed.
type Inserts struct {
	TopicID   string `json:"topic_id"`
	Partition int32  `json:"partition"`
	Inserts   int64  `json:"inserts"`
	Rows      int64  `json:"rows"` // of these inserts, as found
	Open      int64  `json:"open"` // rows of inserts not yet committed
}

// Hour is what became of the records that one hour brought to one partition of `events`.
type Hour struct {
	Hour      time.Time `json:"hour"`
	Partition int32     `json:"partition"`
	In        int64     `json:"in"`
	Rows      int64     `json:"rows"`
	Dead      int64     `json:"dead"`
	Repeats   int64     `json:"repeats"` // the rest: duplicates, and records sent round under their own key
}

// Total is what became of all records of one partition of `events` up to the cut.
type Total struct {
	Partition  int32              `json:"partition"`
	Cut        int64              `json:"cut"`  // offset up to which everything has arrived
	Rows       int64              `json:"rows"` // in post_events
	Letters    int64              `json:"letters"`
	Compared   bool               `json:"compared"` // false where something stands in the way; the notes say what
	Accounting schemas.Accounting `json:"accounting"`
}

// Report is the outcome of a comparison.
type Report struct {
	At       time.Time `json:"at"`
	Since    time.Time `json:"since"` // events appended from then on were looked at one by one
	Balanced bool      `json:"balanced"`
	Away     string    `json:"away,omitempty"` // why ClickHouse could not be asked: only stages are compared then
	Settled  bool      `json:"settled"`        // false if records were on their way for too long to compare with `events`
	Open     int64     `json:"open"`           // records of `events` behind the cut: on their way
	Stages   []Stage   `json:"stages"`
	Inserts  []Inserts `json:"inserts"`
	Hours    []Hour    `json:"hours"`
	Totals   []Total   `json:"totals"`
	Views    []string  `json:"views"` // what became of comparing each view
	Findings []Finding `json:"findings"`
	Notes    []string  `json:"notes"` // what could not be compared, and why
}

// Differences sums the rows of the findings by kind; every kind is there.
func (r *Report) Differences() map[Kind]int64 {
	sums := map[Kind]int64{}
	for _, k := range Kinds {
		sums[k] = 0
	}
	for _, f := range r.Findings {
		sums[f.Kind] += f.Rows
	}
	return sums
}
