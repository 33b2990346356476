package streams_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
)

// visits is a row: how many there were, and how many its readers were told of.
type visits struct {
	At      schemas.Position
	N, Told int64
}

func (v *visits) Last() schemas.Position     { return v.At }
func (v *visits) SetLast(p schemas.Position) { v.At = p }

type visitsCodec struct{}

func (visitsCodec) New() schemas.Row             { return &visits{} }
func (visitsCodec) Encode(v any) ([]byte, error) { return json.Marshal(v) }
func (c visitsCodec) Decode(raw []byte) (any, error) {
	v := new(visits)
	return v, json.Unmarshal(raw, v)
}

func (c visitsCodec) Last(raw []byte) (schemas.Position, error) {
	var v visits
	err := json.Unmarshal(raw, &v)
	return v.At, err
}

// A tick tells of pages that were visited since it last did, however often they were: readers hear of the last visit a
// quarter of a second after it, and after a crash perhaps twice.
func ExampleOptions_punctuate() {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		panic(err)
	}
	defer broker.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cfg := streams.DefaultConfig()
	cfg.Brokers = broker.ListenAddrs()
	var specs []streams.TopicSpec
	for _, topic := range []string{cfg.EpochsTopic, "visits", "visited", "pages-table"} {
		specs = append(specs, streams.TopicSpec{Name: topic, Partitions: 1, Replication: 1})
	}
	if _, err := streams.Provision(ctx, cfg.Brokers, specs); err != nil {
		panic(err)
	}
	graph := func(on goka.ProcessCallback) *goka.GroupGraph {
		return goka.DefineGroup("pages", goka.Input("visits", new(codec.String), on), goka.Output("visited", new(codec.Int64)), goka.Persist(visitsCodec{}))
	}
	count := func(ctx goka.Context, _ any) schemas.Outcome {
		row, ok := ctx.Value().(*visits)
		if !ok {
			row = &visits{}
		}
		row.N++
		ctx.SetValue(row)
		return schemas.Applied
	}
	tell := func(tick schemas.Tick, _ time.Time) {
		tick.Walk(1000, func(page string, row schemas.Row) {
			if v := row.(*visits); v.Told < v.N {
				v.Told = v.N
				tick.Set(page, v)
				tick.Emit("visited", page, v.N)
			}
		})
	}
	stage, err := streams.New(cfg, graph, count, streams.Options{Punctuate: tell, PunctuateEvery: 250 * time.Millisecond})
	if err != nil {
		panic(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- stage.Run(ctx) }()

	client, err := kgo.NewClient(kgo.SeedBrokers(cfg.Brokers...), kgo.ConsumeTopics("visited"))
	if err != nil {
		panic(err)
	}
	defer client.Close()
	for range 3 {
		client.Produce(ctx, &kgo.Record{Topic: "visits", Key: []byte("/home"), Value: []byte("x")}, nil)
	}
	for told := ""; told != "3"; {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) { told = string(r.Value) })
	}
	fmt.Println("visits: 3")
	cancel()
	fmt.Println(<-ended)
	// Output:
	// visits: 3
	// <nil>
}
