package schemas

import (
	"context"
	"time"

	"github.com/lovoo/goka"
)

// Tick is what a group may do to one of its partitions now and then, without an input. It is of use during the call
// that it was given to, only. The first comes when everything is read that was in the input when the partition was
// taken over.
//
// A row that a tick has set is as if an input had changed it: no input meets it before it is in the changelog. What a
// tick emits is sent at least once, and carries no origin: after a crash the tick comes again, at another time. So what
// it is to say must follow from rows, and either be said again and again or be noted in a row, with Set; and whoever
// reads it must be content with hearing it twice.
type Tick interface {
	// Context returns a context that ends when the stage does.
	Context() context.Context
	// Partition returns the partition of the input.
	Partition() int32
	// Time returns the append time of the last input that is done for good, and will not come again; zero before there
	// is one. It stands still while no input comes.
	Time() time.Time
	// Walk calls f for about n rows, at most 10,000, from where the last tick's walk has stopped, and reports whether it
	// has come to the end: the next walk begins anew. Rows come in no order; each that stays is met once a round.
	Walk(n int, f func(key string, row Row)) (end bool)
	// Oldest calls f for at most n rows, at most 10,000, in the order in which they were last written, the longest
	// untouched first, until f returns false. Each call begins anew.
	Oldest(n int, f func(key string, row Row) bool)
	// Get returns the row of key, or nil. It must not be called within a walk.
	Get(key string) Row
	// Set keeps a row that was changed: one there is; within a walk, the one being visited.
	Set(key string, row Row)
	// Delete removes a row, under the same conditions, and reports whether it did: a row that an input has changed which
	// may come again stays for now. Every input to come must be decided as if the row were still there, so it must be
	// one that verbs, too, take for worthless as of Time.
	Delete(key string) bool
	// Emit sends v to topic, an output of the group, behind the outputs of all inputs so far.
	Emit(topic goka.Stream, key string, v any) //nolint:forbidigo // as goka's Context has it
	// Fail ends the stage, which begins anew.
	Fail(err error)
}
