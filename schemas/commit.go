package schemas

// Outcome says what became of one input record. Every input has exactly one.
type Outcome uint8

// The outcomes. In = Applied + Duplicate + Replay + Absorbed + Skipped + Dead.
const (
	Applied   Outcome = iota // changed a row or was passed on
	Duplicate                // a repeat by its own id
	Replay                   // a repeat of the emitter, known by its origin
	Absorbed                 // a repeat of this stage's own input, already in the row, or told by another source before
	Skipped                  // belongs elsewhere: sent round under its own key, or nothing to do
	Dead                     // went to the dead-letter topic
	Late                     // Applied, but outside the window: counted for the lifetime only
)

var outcomes = [...]string{"applied", "duplicate", "replay", "absorbed", "skipped", "dead", "late"}

// String returns the name of the outcome, as metrics and the status show it.
func (o Outcome) String() string { return outcomes[o] }

// Accounting counts the inputs of one stage and partition by outcome, from the first record to the committed offset.
type Accounting struct {
	In        int64 `json:"in"`
	Applied   int64 `json:"applied"`
	Duplicate int64 `json:"duplicate"`
	Replay    int64 `json:"replay"`
	Absorbed  int64 `json:"absorbed"`
	Skipped   int64 `json:"skipped"`
	Dead      int64 `json:"dead"`
	Late      int64 `json:"late"` // part of Applied
}

// Count books one input.
func (a *Accounting) Count(o Outcome) {
	a.In++
	switch o {
	case Applied:
		a.Applied++
	case Late:
		a.Applied++
		a.Late++
	case Duplicate:
		a.Duplicate++
	case Replay:
		a.Replay++
	case Absorbed:
		a.Absorbed++
	case Skipped:
		a.Skipped++
	case Dead:
		a.Dead++
	}
}

// Add adds b to a, to sum partitions.
func (a *Accounting) Add(b Accounting) {
	a.In += b.In
	a.Applied += b.Applied
	a.Duplicate += b.Duplicate
	a.Replay += b.Replay
	a.Absorbed += b.Absorbed
	a.Skipped += b.Skipped
	a.Dead += b.Dead
	a.Late += b.Late
}

// Balanced reports whether every input is accounted for.
func (a Accounting) Balanced() bool {
	return a.In == a.Applied+a.Duplicate+a.Replay+a.Absorbed+a.Skipped+a.Dead
}

// Announcement is a range of input the sink may have written: whoever takes over finishes exactly it, with the tokens of
// its blocks, before anything else. Rows of the range in no block are in the table, or are refused.
type Announcement struct {
	First   int64            // offset of the first record of the batch
	Last    int64            // offset of the last record of the batch
	Blocks  []AnnouncedBlock // inserts that may be under way or are still to be made, in order
	Refused []int64          // offsets of rows that the table refused; their dead letters are sent
	Columns int32            // version of the column list
	Server  uint64           // which run of the server the attempts count in; 0 for unknown
}

// AnnouncedBlock is one insert: the rows of a range that lie in one partition of the table.
type AnnouncedBlock struct {
	Part    string
	First   int64 // the range: that of the announcement, or a part of it if the table refused a block
	Last    int64
	Attempt int32 // grows when the rows have to be sent under a fresh token
}

// CommitMeta is what a group writes beside its committed offset: how things stood after the last record before it.
type CommitMeta struct {
	Epoch      int32           // incarnation of the input topic in which the offset counts
	Vector     map[Source]Mark // highest origin applied, per source
	Accounting Accounting
	Announced  *Announcement // sinks only: the range in flight from the committed offset on
}
