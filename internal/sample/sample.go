// Package sample is the data of the demo: one hour of public GitHub events, played as if it happened now.
//
// Each round of the hour has event and user ids of its own, derived from the source's, so that it is news to dedup and
// to reactions. The first half hour of the first round lies in the past when the play begins and is sent at once; from
// then on an event is sent when its time has come. README.md in this directory says where the data is from and under
// which licence.
//
// The posts, their authors, and who follows whom are rows of a database, too, as Debezium would write them.
//
// It does not know Kafka: events and rows are given to functions. An event is given once per play.
package sample

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

//go:embed events.jsonl.gz
var eventsFile []byte

//go:embed titles.tsv.gz
var titlesFile []byte

// Round is how long one round of the sample lasts; Head is the part of the first that lies in the past.
const (
	Round = time.Hour
	Head  = 30 * time.Minute
)

// Event is a client event in the JSON form of `events`.
type Event struct {
	EventID   string    `json:"event_id"`
	EventTime time.Time `json:"event_time"`
	UserID    string    `json:"user_id"`
	PostID    string    `json:"post_id"`
	AuthorID  string    `json:"author_id"`
	Action    string    `json:"action"`
}

// Key is the record key of an event.
func (e Event) Key() string { return e.UserID + ":" + e.PostID }

// Sample is the hour in memory.
type Sample struct {
	events []Event // in the order of the source
	begin  time.Time
	titles map[string]string // by post id
}

// Open unpacks the embedded sample.
func Open() (*Sample, error) {
	s := &Sample{titles: map[string]string{}}
	err := lines(eventsFile, func(line []byte) error {
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		s.events = append(s.events, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the sample's events: %w", err)
	}
	s.begin = s.events[0].EventTime.Truncate(Round)
	err = lines(titlesFile, func(line []byte) error {
		id, title, found := strings.Cut(string(line), "\t")
		if !found {
			return fmt.Errorf("no tab in %q", line)
		}
		s.titles[id] = title
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the sample's titles: %w", err)
	}
	return s, nil
}

func lines(packed []byte, f func([]byte) error) error {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	scan := bufio.NewScanner(z)
	for scan.Scan() {
		if err := f(scan.Bytes()); err != nil {
			return err
		}
	}
	return scan.Err()
}

// Play gives send the events of round after round until ctx ends, which is no error, or send fails. start is now: where
// the play stands after Head.
func (s *Sample) Play(ctx context.Context, start time.Time, send func(Event) error) error {
	for round := 0; ; round++ {
		begin := start.Add(time.Duration(round)*Round - Head)
		for _, e := range s.events {
			e = derive(e, begin.Add(e.EventTime.Sub(s.begin)), begin)
			if !wait(ctx, e.EventTime) {
				return nil
			}
			if err := send(e); err != nil {
				return err
			}
		}
	}
}

// derive moves an event to a round of its own.
func derive(e Event, at, begin time.Time) Event {
	round := strconv.FormatInt(begin.UnixMilli(), 10)
	e.EventID = uuid.NewSHA1(uuid.NameSpaceOID, []byte("event:"+e.EventID+":"+round)).String()
	e.UserID = uuid.NewSHA1(uuid.NameSpaceOID, []byte("user:"+e.UserID+":"+round)).String()
	e.EventTime = at.UTC().Truncate(time.Millisecond)
	return e
}

// wait returns true at the moment at, at once if it is past, and false if ctx ends before.
func wait(ctx context.Context, at time.Time) bool {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
