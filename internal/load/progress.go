package load

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Progress shows how far a load is: a bar that is redrawn on a terminal, else a line every few seconds.
type Progress struct {
	what     string
	out      io.Writer
	terminal bool
	now      func() time.Time
	begin    time.Time
	last     time.Time
	drawn    bool
}

// NewProgress writes to out how many of what are acknowledged; now is the clock.
func NewProgress(out io.Writer, what string, terminal bool, now func() time.Time) *Progress {
	at := now()
	return &Progress{what: what, out: out, terminal: terminal, now: now, begin: at, last: at}
}

// Show is told how many of total events are acknowledged, as often as the caller likes.
func (p *Progress) Show(acked, total int) {
	now, every := p.now(), 3*time.Second
	if p.terminal {
		every = 100 * time.Millisecond
	}
	if now.Sub(p.last) < every {
		return
	}
	p.last, p.drawn = now, true
	text := fmt.Sprintf("%3d%%  %d of %d %s, %.0f/s", 100*acked/total, acked, total, p.what, Speed(acked, now.Sub(p.begin)))
	if !p.terminal {
		fmt.Fprintln(p.out, text)
		return
	}
	const width = 30
	full := width * acked / total
	fmt.Fprintf(p.out, "\r[%s%s] %s\x1b[K", strings.Repeat("=", full), strings.Repeat(" ", width-full), text)
}

// End clears a bar, so that what is printed next has the line for itself.
func (p *Progress) End() {
	if p.terminal && p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// Speed is n per second, 0 for no time at all.
func Speed(n int, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(n) / took.Seconds()
}
