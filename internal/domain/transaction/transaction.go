// Package transaction tells when all changes of a transaction of the database have passed, in whatever order and however
// often its parts come.
package transaction

import (
	"slices"
	"strings"
)

// Transaction is what has passed of one. The zero value is one of which nothing has.
type Transaction struct {
	FirstLSN int64   `json:"first_lsn"` // lowest position in the database's log of what has passed; 0 for nothing
	Ended    bool    `json:"ended"`     // its end has passed, which says how many changes there are
	Events   int64   `json:"events"`    // of the end: changes, in all tables
	Tables   []Table `json:"tables"`    // ascending by name
}

// Table is what a transaction did to one table.
type Table struct {
	Name   string `json:"name"`   // schema.table of the database
	Events int64  `json:"events"` // of the end: changes; 0 before it has passed
	Seen   Ranges `json:"seen"`   // places in the transaction of the changes that have passed
}

// At notes where in the database's log a part of the transaction lies.
func (t *Transaction) At(lsn int64) {
	if t.FirstLSN == 0 || lsn < t.FirstLSN {
		t.FirstLSN = lsn
	}
}

// Change notes that a change of a table has passed, and reports whether it had not before. order is its place in the
// transaction.
func (t *Transaction) Change(table string, order int64) bool {
	entry := t.table(table)
	var fresh bool
	entry.Seen, fresh = entry.Seen.With(order)
	return fresh
}

// End notes how many changes there are, by table, and reports whether that was not known.
func (t *Transaction) End(events int64, tables map[string]int64) bool {
	if t.Ended {
		return false
	}
	t.Ended, t.Events = true, events
	for name, n := range tables {
		t.table(name).Events = n
	}
	return true
}

// Complete reports whether the end has passed and all changes of the tables that are awaited.
func (t *Transaction) Complete(awaited func(table string) bool) bool {
	if !t.Ended {
		return false
	}
	for _, table := range t.Tables {
		if awaited(table.Name) && table.Seen.Len() < table.Events {
			return false
		}
	}
	return true
}

// Forget drops which changes have passed: all have.
func (t *Transaction) Forget() {
	for i := range t.Tables {
		t.Tables[i].Seen = nil
	}
}

func (t *Transaction) table(name string) *Table {
	i, found := slices.BinarySearchFunc(t.Tables, name, func(have Table, name string) int {
		return strings.Compare(have.Name, name)
	})
	if !found {
		t.Tables = slices.Insert(t.Tables, i, Table{Name: name})
	}
	return &t.Tables[i]
}
