package tablestore

import (
	"io"
	"strings"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Quota is a file system that has room for so many bytes and then fails as a full disk does. It is there for tests of
// what a program does then. It counts what is written through it, and gives back what is removed through it. Its
// methods may be called from several goroutines.
type Quota struct {
	guard

	mu    sync.Mutex
	limit int64
	used  int64
	files map[string]int64 // bytes by name
}

var _ vfs.FS = (*Quota)(nil)

// NewQuota limits a file system, the real one if it is nil, to so many bytes.
func NewQuota(under vfs.FS, limit int64) *Quota {
	if under == nil {
		under = vfs.Default
	}
	q := &Quota{limit: limit, files: map[string]int64{}}
	q.guard = guard{FS: under, allow: q.take}
	return q
}

// SetLimit changes the limit, which may be below what is used.
func (q *Quota) SetLimit(limit int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit = limit
}

// Used returns the bytes of the files written.
func (q *Quota) Used() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.used
}

// take returns how many of so many bytes there is room for.
func (q *Quota) take(name string, bytes int) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(int64(bytes), max(q.limit-q.used, 0))
	q.used += n
	q.files[name] += n
	if n < int64(bytes) {
		return int(n), syscall.ENOSPC
	}
	return bytes, nil
}

// Remove removes a file and gives back its bytes.
func (q *Quota) Remove(name string) error {
	if err := q.FS.Remove(name); err != nil {
		return err
	}
	q.forget(name)
	return nil
}

// RemoveAll removes a directory and gives back the bytes of its files.
func (q *Quota) RemoveAll(dir string) error {
	if err := q.FS.RemoveAll(dir); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for name, n := range q.files {
		if name == dir || strings.HasPrefix(name, dir+"/") {
			q.used -= n
			delete(q.files, name)
		}
	}
	return nil
}

// Create begins a file anew.
func (q *Quota) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	q.forget(name)
	return q.guard.Create(name, category)
}

// Rename renames a file, in place of another one if there is one.
func (q *Quota) Rename(oldname, newname string) error {
	if err := q.FS.Rename(oldname, newname); err != nil {
		return err
	}
	q.forget(newname)
	q.mu.Lock()
	defer q.mu.Unlock()
	if n, ok := q.files[oldname]; ok {
		delete(q.files, oldname)
		q.files[newname] = n
	}
	return nil
}

func (q *Quota) forget(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.used -= q.files[name]
	delete(q.files, name)
}

// Lock locks in the file system beneath.
func (q *Quota) Lock(name string) (io.Closer, error) { return q.FS.Lock(name) }

// GetDiskUsage returns what is left of the quota.
func (q *Quota) GetDiskUsage(string) (vfs.DiskUsage, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	left := uint64(max(q.limit-q.used, 0))
	return vfs.DiskUsage{AvailBytes: left, TotalBytes: uint64(q.limit), UsedBytes: uint64(q.used)}, nil
}
