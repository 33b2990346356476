package streams

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
)

// Options are what a group may want beside its graph and verb.
type Options struct {
	// Keep is for how long after its newest part a row is worth something, by the append time of inputs; then it is
	// removed, if it is schemas.Aging. 0 keeps rows for ever.
	Keep time.Duration
	// RowKey names the row of a record by the record's key; nil for the key itself. A shorter name makes table and
	// changelog smaller. Where several keys may share a row, the verb has to be content with that.
	RowKey func(key string) string
	// Punctuate is called again and again on each partition of this process, between two inputs, with what it may do and
	// the time of the clock. It must not take long, as inputs wait, and must not ask the Stage how it stands.
	Punctuate func(tick schemas.Tick, now time.Time)
	// PunctuateEvery is the time between two calls, not less than Config.Tick; 0 for a second. Calls that a partition is
	// too slow for are left out.
	PunctuateEvery time.Duration
	// Prepare is called with key and value of each input before its verb, and may wait for as long as ctx lasts: meanwhile
	// what was done is committed, and the partition can be given away. nil for nothing. It must not keep key and value.
	Prepare func(ctx context.Context, key, value []byte)
	// Refuse dead-letters an input of which something too large for its topic would come; nil ends the stage instead. The
	// input's value has size bytes. Where the letter turns out too large, too, it is asked for again with an empty value.
	Refuse func(ctx goka.Context, why error, value []byte, size int) schemas.Outcome
}

// ordered reports whether rows are looked for in the order in which they were last written.
func (o Options) ordered() bool { return o.Keep > 0 || o.Punctuate != nil }

// Stage is one goka group of this process.
type Stage struct {
	cfg     Config
	graph   *goka.GroupGraph
	name    string
	input   string
	codec   goka.Codec       // of the input
	table   string           // topic of the group table, "" for none
	rows    schemas.RowCodec // codec of the group table, nil for none
	outputs map[string]goka.Codec
	verb    Verb
	opts    Options
	keeper  *keeper
	fetched fetchPool
	spent   outgoing

	session atomic.Pointer[session]
	health  health

	mu     sync.Mutex
	cancel context.CancelCauseFunc // ends the current processor
	ending func() bool             // whether the stage was asked to end
	parts  int32                   // of the input, once known
	cares  map[int32]int64         // inputs to take with care, by partition
	member string                  // the id it last had in its group
	calm   *time.Timer             // takes back that the stage is in a crash loop; nil before it ever was
}

// New prepares the group that graph declares around the verb. A group has exactly one input, and the codec of its table
// must be a schemas.RowCodec.
func New(cfg Config, graph func(on goka.ProcessCallback) *goka.GroupGraph, verb Verb, opts Options) (*Stage, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if opts.PunctuateEvery < 0 {
		return nil, fmt.Errorf("streams: PunctuateEvery must not be negative, is %v", opts.PunctuateEvery)
	}
	s := &Stage{cfg: cfg, verb: verb, opts: opts, outputs: map[string]goka.Codec{}, cares: map[int32]int64{}}
	s.graph = graph(s.batch)
	s.name = string(s.graph.Group())
	s.health.set(Starting)
	if err := s.graph.Validate(); err != nil {
		return nil, fmt.Errorf("validating the graph of %s: %w", s.name, err)
	}
	if n := len(s.graph.InputStreams()); n != 1 {
		return nil, fmt.Errorf("streams: group %s has %d inputs; replays meet the same order only with one", s.name, n)
	}
	s.input, s.codec = s.graph.InputStreams()[0].Topic(), s.graph.InputStreams()[0].Codec()
	for _, out := range s.graph.OutputStreams() {
		s.outputs[out.Topic()] = out.Codec()
	}
	if t := s.graph.GroupTable(); t != nil {
		rows, ok := t.Codec().(schemas.RowCodec)
		if !ok {
			return nil, fmt.Errorf("streams: the table codec of %s is a %T, not a schemas.RowCodec", s.name, t.Codec())
		}
		s.table, s.rows = t.Topic(), rows
	}
	dir, err := s.tableDir()
	if err != nil {
		return nil, err
	}
	s.keeper = newKeeper(&s.cfg, s.name, dir)
	return s, nil
}

// tableDir returns where the table's files are, "" for a table in memory. Each instance has a place of its own.
func (s *Stage) tableDir() (string, error) {
	if s.table == "" || !s.cfg.onDisk(s.name) {
		return "", nil
	}
	root := s.cfg.DataDir
	if root == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("finding a place for the table of %s: %w", s.name, err)
		}
		root = filepath.Join(cache, "nova-streams", "tables")
	}
	instance, err := s.cfg.instance()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, instance, s.cfg.topic(s.name)), nil
}

// Name returns the name of the group in the topology.
func (s *Stage) Name() string { return s.name }

// batch is goka's callback: fetched records wait in the feed of the partition.
func (s *Stage) batch(ctx goka.Context, _ any) {
	se := s.session.Load()
	if se == nil {
		return
	}
	p := se.parts[ctx.Partition()].Load()
	if p == nil {
		return
	}
	for {
		p.punctuate(ctx.Context())
		recs := p.feed.take()
		if recs == nil {
			return
		}
		p.task.handle(ctx.Context(), recs)
	}
}

// fail ends the current processor; the supervisor rebuilds it.
func (s *Stage) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel(err)
	}
}

// failIn ends the current processor if it still has that session.
func (s *Stage) failIn(se *session, err error) {
	if s.session.Load() == se {
		s.fail(err)
	}
}

// leaving reports whether the stage was asked to end, so that its partitions should go to others at once.
func (s *Stage) leaving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending != nil && s.ending()
}

// again remembers that the input at offset is to be taken with care.
func (s *Stage) again(part int32, offset int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cares[part] = offset
}

// careful returns the offset of an input to take with care, -1 for none.
func (s *Stage) careful(part int32) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o, ok := s.cares[part]; ok {
		return o
	}
	return -1
}

// settled notes the number of partitions, which must stay what it was.
func (s *Stage) settled(parts int32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parts != 0 && s.parts != parts {
		return fmt.Errorf("%w: %s had %d, has %d", ErrPartitions, s.cfg.topic(s.input), s.parts, parts)
	}
	s.parts = parts
	return nil
}

// runOnce joins the group with a goka processor, which runs only once, until ctx ends or something fails.
func (s *Stage) runOnce(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	s.mu.Lock()
	s.cancel, s.ending = cancel, func() bool { return parent.Err() != nil }
	s.mu.Unlock()
	s.health.set(Starting)
	se, err := openSession(ctx, s)
	if err != nil {
		if parent.Err() != nil {
			return nil
		}
		return fmt.Errorf("opening a session of %s: %w", s.name, err)
	}
	defer se.close()
	e := &engine{stage: s, parts: se.facts.parts, errs: make(chan error), run: func(ctx context.Context, signals []chan *sarama.ConsumerMessage) error {
		s.session.Store(se)
		defer s.session.Store(nil)
		return se.run(ctx, signals)
	}}
	proc, err := goka.NewProcessor(s.cfg.Brokers, s.graph, e.options()...)
	if err != nil {
		return fmt.Errorf("building processor %s: %w", s.name, err)
	}
	err = proc.Run(ctx)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	if parent.Err() != nil {
		return nil
	}
	if err == nil {
		err = errors.New("processor ended by itself")
	}
	return fmt.Errorf("running processor %s: %w", s.name, err)
}
