package tablestore

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
)

// fault is the first error after which a store on disk can no longer be used. Pebble tells its background errors to an
// event listener, goes on, and tries again; and it calls Fatalf where it expects the process to end. Both come here.
type fault struct {
	once   sync.Once
	err    error
	broken chan struct{} // closed when err is set
}

var _ pebble.Logger = (*fault)(nil)

func newFault() *fault { return &fault{broken: make(chan struct{})} }

// set remembers the error if it is the first. It may be called from any goroutine.
func (f *fault) set(err error) {
	f.once.Do(func() {
		f.err = classify(err)
		close(f.broken)
	})
}

// background takes an error of a flush or a compaction. Pebble would try again at once and for ever, so the goroutine
// ends here: what it was to write stays in memory, and Close finds that it cannot wait for it.
func (f *fault) background(err error) {
	f.set(err)
	runtime.Goexit()
}

// get returns the first error.
func (f *fault) get() error {
	select {
	case <-f.broken:
		return f.err
	default:
		return nil
	}
}

// Infof drops what Pebble tells about its work.
func (f *fault) Infof(string, ...any) {}

// Errorf drops errors: those that matter come as background errors too.
func (f *fault) Errorf(string, ...any) {}

// Fatalf does not end the process. Pebble goes on with the error, and the file system refuses what it does next.
func (f *fault) Fatalf(format string, args ...any) {
	for _, arg := range args {
		if err, ok := arg.(error); ok {
			f.set(fmt.Errorf("writing the store: %w", err))
			return
		}
	}
	f.set(fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...)))
}

// classify says with ErrCorrupt and ErrFull what an error of Pebble means to the owner of the store.
func classify(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrCorrupt), errors.Is(err, ErrFull):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case pebble.IsCorruptionError(err), errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	default:
		return err
	}
}

// classifyOpen is classify for an error of opening: files that cannot be made sense of are corrupt, unless it was the
// operating system that refused.
func classifyOpen(err error) error {
	var refused syscall.Errno
	if err = classify(err); err == nil || errors.Is(err, ErrCorrupt) || errors.As(err, &refused) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}

// allow lets files change as long as nothing has failed: what is on disk then is a state the store has been in.
func (f *fault) allow(_ string, bytes int) (int, error) {
	if err := f.get(); err != nil {
		return 0, err
	}
	return bytes, nil
}
