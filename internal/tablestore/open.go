package tablestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Defaults of DiskOptions.
const (
	DefaultFlushEvery = 30 * time.Second
	DefaultMemTable   = 16 << 20 // bytes
	DefaultCache      = 64 << 20 // bytes
)

// DiskOptions says how a store on disk is kept. The zero value is usable.
type DiskOptions struct {
	// Expires says that rows are looked for with Oldest. It costs an index of its own; without it Oldest visits nothing.
	Expires bool
	// FlushEvery is how often rows are written from memory to files at least; 0 is DefaultFlushEvery. What was taken
	// since is read again from the changelog after a crash.
	FlushEvery time.Duration
	// MemTable is how many bytes of rows are collected in memory before they are written; 0 is DefaultMemTable. Twice
	// as much is in use while they are, and four times as much at most. It counts against the cache.
	MemTable int
	// Cache holds blocks of files; nil is one of DefaultCache bytes for this store alone.
	Cache *Cache
	// FS is where the files are; nil is the real file system.
	FS vfs.FS
}

// ErrLocked says that another store has the directory open, in this process or in another one.
var ErrLocked = errors.New("tablestore: directory is in use")

// Cache is memory that stores share for the blocks of their files. The memory in which they collect rows counts against
// it, so it should be larger than twice the MemTable of all of them.
type Cache struct{ blocks *pebble.Cache }

// NewCache returns a cache of so many bytes.
func NewCache(bytes int64) *Cache { return &Cache{blocks: pebble.NewCache(bytes)} }

// Close gives up the cache. Stores that use it go on.
func (c *Cache) Close() { c.blocks.Unref() }

// OpenDisk opens the store in a directory, or begins one there. The identity says whose rows they are: the name and the
// id of the changelog topic, and the partition. A store of another identity is wiped and begun anew. It fails with
// ErrLocked, ErrCorrupt, ErrFull or what the operating system says.
func OpenDisk(dir, identity string, opts DiskOptions) (*Disk, error) {
	if opts.FS == nil {
		opts.FS = vfs.Default
	}
	if opts.FlushEvery == 0 {
		opts.FlushEvery = DefaultFlushEvery
	}
	if opts.MemTable == 0 {
		opts.MemTable = DefaultMemTable
	}
	lock, err := lockDir(dir, opts.FS)
	if err != nil {
		return nil, fmt.Errorf("opening store %s: %w", dir, err)
	}
	if err := room(dir, opts); err != nil {
		return nil, errors.Join(fmt.Errorf("opening store %s: %w", dir, err), lock.Close())
	}
	d, err := openLocked(dir, identity, opts, lock)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening store %s: %w", dir, err), lock.Close())
	}
	return d, nil
}

// Remove deletes the files of a store. It fails with ErrLocked if the store is open.
func Remove(dir string) error { return removeFrom(vfs.Default, dir) }

func removeFrom(files vfs.FS, dir string) error {
	if _, err := files.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	lock, err := lockDir(dir, files)
	if err != nil {
		return fmt.Errorf("removing store %s: %w", dir, err)
	}
	if err := errors.Join(files.RemoveAll(dir), lock.Close()); err != nil {
		return fmt.Errorf("removing store %s: %w", dir, err)
	}
	return nil
}

// lockFile is the name Pebble would give it, too.
const lockFile = "LOCK"

// room returns ErrFull where there is no room for what a store collects in memory. To find that out by writing would
// leave a Pebble behind that can neither write nor end.
func room(dir string, opts DiskOptions) error {
	usage, err := opts.FS.GetDiskUsage(dir)
	if err != nil { // a file system that cannot say
		return nil //nolint:nilerr // see above
	}
	if need := 2 * uint64(opts.MemTable); usage.AvailBytes < need {
		return fmt.Errorf("%w: %d bytes are free in %s, at least %d are needed", ErrFull, usage.AvailBytes, dir, need)
	}
	return nil
}

func lockDir(dir string, files vfs.FS) (io.Closer, error) {
	if err := files.MkdirAll(dir, 0o755); err != nil {
		return nil, classify(err)
	}
	lock, err := files.Lock(files.PathJoin(dir, lockFile))
	switch {
	case err == nil:
		return lock, nil
	case errors.Is(classify(err), ErrFull), errors.Is(err, fs.ErrPermission):
		return nil, classify(err)
	default:
		return nil, fmt.Errorf("%w: %w", ErrLocked, err)
	}
}

// openLocked opens the store and, if it is somebody else's, wipes it and opens it again.
func openLocked(dir, identity string, opts DiskOptions, lock io.Closer) (*Disk, error) {
	identity = fmt.Sprintf("%d %t %s", diskFormat, opts.Expires, identity)
	d, err := openPebble(dir, opts, lock)
	if err != nil {
		return nil, err
	}
	switch found, err := d.load(); {
	case err != nil:
		return nil, errors.Join(err, d.abandon())
	case found == identity:
		return d.start(), nil
	case found != "":
		if err := errors.Join(d.abandon(), wipe(dir, opts.FS)); err != nil {
			return nil, fmt.Errorf("wiping the store of %q: %w", found, err)
		}
		if d, err = openPebble(dir, opts, lock); err != nil {
			return nil, err
		}
		d.wiped = true
	}
	if err := d.begin(identity); err != nil {
		return nil, errors.Join(err, d.abandon())
	}
	return d.start(), nil
}

// wipe removes all files but the lock, which the caller holds.
func wipe(dir string, files vfs.FS) error {
	names, err := files.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if name != lockFile {
			if err := files.RemoveAll(files.PathJoin(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func openPebble(dir string, opts DiskOptions, lock io.Closer) (_ *Disk, err error) {
	f := newFault()
	d := &Disk{opts: opts, fault: f, lock: lock, stop: make(chan struct{}), stopped: make(chan struct{})}
	cache := opts.Cache
	if cache == nil {
		cache = NewCache(DefaultCache)
		defer cache.Close()
	}
	type opened struct {
		db  *pebble.DB
		err error
	}
	done := make(chan opened, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- opened{err: fmt.Errorf("%w: opening panicked: %v", ErrCorrupt, r)}
			}
		}()
		db, err := pebble.Open(dir, pebbleOptions(opts, cache, f))
		done <- opened{db, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			if cause := f.get(); cause != nil {
				return nil, cause
			}
			return nil, classifyOpen(o.err)
		}
		d.db = o.db
		return d, nil
	case <-f.broken: // it would wait for what was to be written
		return nil, f.get()
	}
}

func pebbleOptions(opts DiskOptions, cache *Cache, f *fault) *pebble.Options {
	o := &pebble.Options{
		FS:                 &guard{FS: opts.FS, allow: f.allow},
		Logger:             f,
		Cache:              cache.blocks,
		Comparer:           comparer,
		DisableWAL:         true, // the changelog is the log
		FormatMajorVersion: pebble.FormatNewest,
		MemTableSize:       uint64(opts.MemTable),
		// Pebble would let a writer wait for ever if writing fails: Disk waits itself.
		MemTableStopWritesThreshold: 1 << 20,
		L0StopWritesThreshold:       1 << 20,
		EventListener: &pebble.EventListener{
			BackgroundError: f.background,
			DataCorruption: func(info pebble.DataCorruptionInfo) {
				f.set(fmt.Errorf("%w: %s: %w", ErrCorrupt, info.Path, info.Details))
			},
		},
	}
	for i := range o.Levels {
		o.Levels[i].BlockSize = blockSize
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		o.TargetFileSizes[i] = min(int64(2<<20)<<i, 16<<20) // small, as the filter of a file is read in one piece
	}
	o.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionBalanced })
	return o
}
