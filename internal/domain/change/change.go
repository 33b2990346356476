// Package change says what a row of the application's database is after changes to it that may come again, late, and in
// any order.
//
// Of all changes of a row the one with the highest position says what the row is. A column that it did not write has the
// value of the highest change below it that did, as far as one has come: values too large for the database's log are
// only in changes that wrote them. So the row does not depend on the order in which changes came, nor on how often.
//
// It knows no table, no topic and no clock, and does no I/O.
package change

import "cmp"

// Position is where in the source's log a change lies, in the order in which changes became visible: that of commits, and
// within a transaction that of the log. The log alone is not enough: of a transaction that was open while a snapshot read
// the row, the changes lie before the snapshot, which did not see them.
type Position struct {
	Epoch  int32 `avro:"source_epoch"  json:"epoch"`  // of the source: one that counts anew is the next
	LSN    int64 `avro:"lsn"           json:"lsn"`    // up to where transactions had ended before, or Offset if that is higher; 0 where it is not known
	Offset int64 `avro:"source_offset" json:"offset"` // of the change itself in the log
}

// At returns the position of a change at an offset in the log, before which the last transaction to end had ended at
// committed; 0 for unknown.
func At(epoch int32, committed, offset int64) Position {
	return Position{Epoch: epoch, LSN: max(committed, offset), Offset: offset}
}

// Compare orders changes of one row. Two of one position are one change that came twice.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Epoch, q.Epoch), cmp.Compare(p.LSN, q.LSN), cmp.Compare(p.Offset, q.Offset))
}

// Before reports whether p lies before q in the log of the source, whatever their rows.
func (p Position) Before(q Position) bool { return p.LSN != 0 && p.Compare(q) < 0 }

// Change is what happened to a row.
type Change struct {
	Position  Position
	Deleted   bool
	CommitMS  int64    // Unix ms, by the clock of the database
	Columns   Columns  // that were written; none for a delete
	Unchanged []string // columns that have the value they had; not in Columns
}

// Row is what is known of a row.
type Row struct {
	Position Position `json:"position"`  // of the highest change
	Deleted  bool     `json:"deleted"`   //
	CommitMS int64    `json:"commit_ms"` // of that change, Unix ms
	Columns  Columns  `json:"columns"`   // whose values are known
	Kept     []Kept   `json:"kept"`      // columns that the highest change did not write, ascending by name
}

// Kept is a column that has the value it had before the highest change.
type Kept struct {
	Name  string   `json:"name"`
	Since Position `json:"since"` // of the change that gave the value, or after which it cannot be known
	Known bool     `json:"known"` // the value is in Columns
}

// Unknown returns the names of the columns whose values are not known.
func (r *Row) Unknown() []string {
	var names []string
	for _, k := range r.Kept {
		if !k.Known {
			names = append(names, k.Name)
		}
	}
	return names
}

// Regressed reports whether c cannot be of the same log as r: it lies before r, and was committed more than tolerance ms
// after it.
func Regressed(r *Row, c *Change, tolerance int64) bool {
	return c.Position.Epoch == r.Position.Epoch && c.Position.Before(r.Position) && c.CommitMS > r.CommitMS+tolerance
}
