package tablestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// load reads what the store says of itself: whose it is, "" for a new one, and up to where it is complete.
func (d *Disk) load() (identity string, err error) {
	defer d.recoverInto(&err, nil)
	id, err := d.read([]byte{prefixMeta, 'i'})
	if err != nil || id == nil {
		return "", err
	}
	value, err := d.read([]byte{prefixMeta})
	switch {
	case err != nil:
		return "", err
	case value == nil: // begun, and never flushed since
	case len(value) != 24:
		return "", fmt.Errorf("%w: state of %d bytes", ErrCorrupt, len(value))
	default:
		d.state = state{next: int64(binary.BigEndian.Uint64(value)), seq: binary.BigEndian.Uint64(value[8:])}
		d.rows.Store(int64(binary.BigEndian.Uint64(value[16:])))
	}
	return string(id), nil
}

func (d *Disk) read(key []byte) ([]byte, error) {
	value, closer, err := d.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, classify(err)
	}
	found := append([]byte{}, value...)
	return found, closer.Close()
}

// begin makes the store that of an identity.
func (d *Disk) begin(identity string) (err error) {
	defer d.recoverInto(&err, nil)
	if err := d.db.Set([]byte{prefixMeta, 'i'}, []byte(identity), pebble.NoSync); err != nil {
		return classify(err)
	}
	return classify(errors.Join(d.db.Flush(), d.fault.get()))
}

// start begins to flush now and then.
func (d *Disk) start() *Disk {
	d.batch = d.db.NewBatch()
	if d.opts.Expires { // forget looks into it, too
		d.batch = d.db.NewIndexedBatch()
	}
	go func() {
		defer close(d.stopped)
		ticker := time.NewTicker(d.opts.FlushEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				if d.dirty.Swap(false) && d.fault.get() == nil {
					if _, err := d.db.AsyncFlush(); err != nil {
						d.fault.set(err)
					}
				}
			case <-d.stop:
				return
			case <-d.fault.broken:
				return
			}
		}
	}()
	return d
}

// failed ends the store for an error.
func (d *Disk) failed(doing string, err error) error {
	err = fmt.Errorf("%s: %w", doing, classify(err))
	d.fault.set(err)
	return d.fault.get()
}

// recoverInto turns a panic of Pebble, which files that make no sense may lead to, into an error. A panic of the
// caller's own function, during which calling is true, goes on.
func (d *Disk) recoverInto(err *error, calling *bool) {
	if calling != nil && *calling {
		return
	}
	if r := recover(); r != nil {
		d.panicked = true
		*err = d.failed("using the store", fmt.Errorf("%w: %v", ErrCorrupt, r))
	}
}

// closePatience is how long a store that works may take to write what it holds in memory.
const closePatience = 30 * time.Second

// Close writes what is in memory and ends the store. Of a store that has failed it returns why, and what could be freed
// is.
func (d *Disk) Close() error {
	close(d.stop)
	<-d.stopped
	var err error
	if d.fault.get() == nil {
		var flushed <-chan struct{}
		if flushed, err = d.db.AsyncFlush(); err == nil {
			select {
			case <-flushed:
			case <-d.fault.broken:
			case <-time.After(closePatience):
				err = errors.New("writing takes too long")
			}
		}
	}
	err = errors.Join(err, d.fault.get())
	return errors.Join(err, d.abandon(), d.lock.Close())
}

// abandon frees what can be, but the lock. Pebble waits in Close for background work, which a panic may have left half
// done: such a store is left alone.
func (d *Disk) abandon() (err error) {
	defer func() {
		if r := recover(); r != nil && d.fault.get() == nil {
			err = fmt.Errorf("closing the store panicked: %v", r)
		}
	}()
	if d.panicked {
		return nil
	}
	if d.batch != nil {
		if err := d.batch.Close(); err != nil {
			return err
		}
	}
	broken, patience := d.fault.get() != nil, closePatience
	if broken {
		patience = 200 * time.Millisecond
	}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Errorf("%v", r)
			}
		}()
		done <- d.db.Close()
	}()
	select {
	case err := <-done:
		if broken { // that it cannot be closed in order is no news
			return nil
		}
		return classify(err)
	case <-time.After(patience):
		if broken {
			return nil
		}
		return errors.New("closing the store takes too long")
	}
}
