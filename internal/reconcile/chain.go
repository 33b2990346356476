package reconcile

import (
	"fmt"
	"math"
	"time"
)

// Link is one insert of the sink as the table shows it: the rows that name the same range and the same place in the
// chain of their Kafka partition.
type Link struct {
	First    int64 // announced range of offsets
	Last     int64
	Before   int64 // rows of the partition that were applied before the insert
	Rows     int64 // rows the insert had
	Count    int64 // rows found
	Distinct int64 // offsets among them
	Lowest   int64 // offsets found
	Highest  int64
	From     time.Time // append time in `events` of the oldest and the newest of them
	To       time.Time
}

// chain judges the inserts of one Kafka partition, in the order of their places: each must begin where the one before it
// ended.
type chain struct {
	topic     string
	topicID   string
	partition int32
	expect    int64 // rows applied before the next link
	last      int64 // offset of the last record judged
	next      int64 // committed offset: inserts from there on are not judged

	prev     Link
	inserts  int64
	rows     int64
	open     int64
	ahead    []Link // from the committed offset on
	findings []Finding
}

// newChain begins behind an insert that ended with offset last, after which start rows were applied. For a topic that is
// no more, next is noEnd.
func newChain(topic, topicID string, partition int32, start, last, next int64) *chain {
	return &chain{
		topic: topic, topicID: topicID, partition: partition, expect: start, last: last, next: next,
		prev: Link{First: last + 1, Last: last},
	}
}

// noEnd stands for a committed offset that is not known: all inserts are judged.
const noEnd = math.MaxInt64

// add judges the next insert, in the order of Before, First, Last.
func (c *chain) add(l Link) {
	if l.First >= c.next {
		c.open += l.Count
		c.ahead = append(c.ahead, l)
		return
	}
	if l.Before > c.expect {
		c.gap(l.Before-c.expect, l)
	} else if over := min(c.expect-l.Before, l.Rows); over > 0 {
		c.find(DuplicateRows, l.First, l.Last, over, l, fmt.Sprintf("overlaps the insert [%d..%d] before it", c.prev.First, c.prev.Last))
	}
	c.judge(l)
	c.expect = max(c.expect, l.Before+l.Rows)
	c.last = max(c.last, l.Last)
	c.prev = l
	c.inserts++
	c.rows += l.Count
}

// judge compares an insert with what it says of itself.
func (c *chain) judge(l Link) {
	if l.Lowest < l.First || l.Highest > l.Last {
		c.find(StrayRows, l.First, l.Last, 1, l, fmt.Sprintf("has rows of the offsets %d..%d", l.Lowest, l.Highest))
	}
	switch over := l.Count - l.Distinct; {
	case over > 0 && l.Distinct == l.Rows && over%l.Rows == 0:
		c.find(DoubledInsert, l.First, l.Last, over, l, fmt.Sprintf("%d rows are there %d times", l.Rows, l.Count/l.Rows))
	case over > 0:
		c.find(DuplicateRows, l.First, l.Last, over, l, fmt.Sprintf("%d rows of %d offsets", l.Count, l.Distinct))
	}
	switch less := l.Rows - l.Distinct; {
	case less > 0:
		f := c.find(LostRows, l.First, l.Last, less, l, fmt.Sprintf("%d of %d rows are there", l.Distinct, l.Rows))
		f.gone = true
	case less < 0:
		c.find(StrayRows, l.First, l.Last, -less, l, fmt.Sprintf("the insert had %d rows, there are %d", l.Rows, l.Distinct))
	}
}

// gap notes rows that were applied between the last insert and l, and are not there.
func (c *chain) gap(rows int64, l Link) {
	first, last := c.prev.Last+1, l.First-1
	if first > last { // one of several inserts of a range
		first, last = c.prev.First, l.Last
	}
	f := c.find(LostInsert, first, last, rows, l, fmt.Sprintf("after the insert [%d..%d] follows [%d..%d]", c.prev.First, c.prev.Last, l.First, l.Last))
	f.gone, f.lookFrom, f.lookTo = true, min(c.prev.First, first), max(l.Last, last)
	if !c.prev.To.IsZero() {
		f.From, f.To = c.prev.To, l.From
		if l.From.Before(c.prev.To) {
			f.From, f.To = l.From, c.prev.To
		}
	}
}

// announced judges the inserts from the committed offset on, given the offset behind the last range that the sink had
// announced when all of them had been read.
func (c *chain) announced(until int64) {
	for _, l := range c.ahead {
		if l.Last >= until {
			c.find(StrayRows, l.First, l.Last, l.Count, l, "nobody has announced this range")
		}
	}
}

// end compares the end of the chain with the accounting beside the committed offset.
func (c *chain) end(applied int64) {
	switch less := applied - c.expect; {
	case less > 0:
		first := min(c.prev.Last+1, c.next-1)
		f := c.find(LostInsert, first, c.next-1, less, c.prev, fmt.Sprintf("%d rows were committed up to here, the inserts end with %d", applied, c.expect))
		f.gone, f.lookFrom = true, min(c.prev.First, first)
		f.From, f.To = c.prev.To, time.Time{}
	case less < 0:
		c.find(StrayRows, c.prev.First, c.prev.Last, -less, c.prev, fmt.Sprintf("%d rows were committed up to here, the inserts end with %d", applied, c.expect))
	}
}

func (c *chain) find(kind Kind, first, last, rows int64, l Link, detail string) *Finding {
	c.findings = append(c.findings, Finding{
		Kind: kind, Topic: c.topic, topicID: c.topicID, Partition: c.partition, First: first, Last: last, Rows: rows,
		From: l.From, To: l.To, Detail: detail, lookFrom: first, lookTo: last,
	})
	return &c.findings[len(c.findings)-1]
}

func (c *chain) report() Inserts {
	return Inserts{TopicID: c.topicID, Partition: c.partition, Inserts: c.inserts, Rows: c.rows, Open: c.open}
}
