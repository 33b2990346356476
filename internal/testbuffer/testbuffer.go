// Package testbuffer is an output that a program writes while its test reads it. It is for tests only.
package testbuffer

import (
	"bytes"
	"sync"
)

// Buffer keeps what is written to it. The zero value is empty; its methods may be called from several goroutines.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write keeps p and never fails.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String returns all that was written so far.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
