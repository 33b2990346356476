// Package tablestore keeps the rows of one partition of a group table: in memory or on disk, behind one interface.
//
// A store holds only what its changelog holds: rows enter it after they were acknowledged there, or when they are read
// back from there, always together with the changelog offset up to which the store is complete. Whatever happens to a
// process, the store is a state the changelog has been in, and reading on from Next makes it current. It knows nothing
// of Kafka, of positions and of what rows mean: values are bytes.
//
// A store is used by one goroutine at a time.
package tablestore

import "errors"

// Row is one row, or its deletion.
type Row struct {
	Key   string
	Value []byte // nil deletes
}

// Store keeps the rows of one partition of a table.
type Store interface {
	// Get returns the value of key, and false where there is none. The bytes are the store's and are valid until the
	// next call of Apply or Close.
	Get(key string) ([]byte, bool, error)
	// Apply takes rows in the order of the changelog, and next, the changelog offset behind the last of them: either
	// all of it or nothing survives a crash. The store copies what it keeps.
	Apply(rows []Row, next int64) error
	// Next returns the changelog offset from which the store has to be brought up to date; 0 for a new one.
	Next() int64
	// Oldest calls f for rows in the order in which they were last written, the longest untouched first, until f
	// returns false. f must not call the store. It costs as much as the rows it visits.
	Oldest(f func(key string, value []byte) bool) error
	// Each calls f for every row, in no order, until f returns false. f must not call the store.
	Each(f func(key string, value []byte) bool) error
	// Walk calls f for about n rows from a place on, in no order, and returns the place behind them: the zero Place after
	// the last. Rows may be written between two calls; a row that is there all the time is met once in a walk from the
	// zero Place back to it. f must not call the store.
	Walk(from Place, n int, f func(key string, value []byte)) (Place, error)
	// Size returns how much the store holds.
	Size() Size
	// Close ends the store. What is on disk stays and is complete up to Next as of the last flush.
	Close() error
}

// Size is how much a store holds.
type Size struct {
	Rows   int64 // on disk an estimate, unless rows expire
	Memory int64 // bytes on the heap
	Disk   int64 // bytes of files
}

// ErrCorrupt says that what lies on disk is not what was written there. The directory is to be removed and the store
// read anew from its changelog.
var ErrCorrupt = errors.New("tablestore: files are corrupt")

// ErrFull says that there is no room for more: on the disk, or in what one table in memory can address.
var ErrFull = errors.New("tablestore: no room")
