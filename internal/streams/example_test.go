package streams_test

import (
	"context"
	"fmt"

	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
)

// A group is a goka graph and a verb; the layer makes it exact.
func Example() {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		panic(err)
	}
	defer broker.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cfg := streams.DefaultConfig()
	cfg.Brokers = broker.ListenAddrs()
	_, err = streams.Provision(ctx, cfg.Brokers, []streams.TopicSpec{
		{Name: cfg.EpochsTopic, Partitions: 1, Replication: 1},
		{Name: "engagements", Partitions: 1, Replication: 1},
		{Name: "views-table", Partitions: 1, Replication: 1, Config: map[string]string{"cleanup.policy": "compact"}},
	})
	if err != nil {
		panic(err)
	}
	codecs, err := schemas.NewCodecs(ctx, &schemas.Offline{})
	if err != nil {
		panic(err)
	}
	graph := func(on goka.ProcessCallback) *goka.GroupGraph {
		return goka.DefineGroup("views", goka.Input("engagements", codecs.Engagements, on), goka.Persist(codecs.ScoreRows))
	}
	count := func(ctx goka.Context, msg any) schemas.Outcome {
		row, ok := ctx.Value().(*schemas.ScoreRow)
		if !ok {
			row = &schemas.ScoreRow{}
		}
		e := msg.(*schemas.Engagement)
		row.Lifetime.Add(e.Action, int64(e.Delta))
		ctx.SetValue(row)
		return schemas.Applied
	}
	stage, err := streams.New(cfg, graph, count, streams.Options{})
	if err != nil {
		panic(err)
	}
	seen := make(chan int64, 10)
	view, err := streams.NewView(cfg, "views-table", codecs.ScoreRows, func(_ string, row schemas.Row) {
		seen <- row.(*schemas.ScoreRow).Lifetime.Views
	})
	if err != nil {
		panic(err)
	}
	ended := make(chan error, 2)
	go func() { ended <- stage.Run(ctx) }()
	go func() { ended <- view.Run(ctx) }()

	client, err := kgo.NewClient(kgo.SeedBrokers(cfg.Brokers...))
	if err != nil {
		panic(err)
	}
	defer client.Close()
	view1, err := codecs.Engagements.Encode(&schemas.Engagement{PostID: "post", Action: 1, Delta: 1})
	if err != nil {
		panic(err)
	}
	for range 3 {
		client.Produce(ctx, &kgo.Record{Topic: "engagements", Key: []byte("post"), Value: view1}, nil)
	}
	for n := range seen { // rows are written once per tick: some counts may be skipped, never the last
		if n == 3 {
			fmt.Println("views:", n)
			break
		}
	}
	cancel()
	fmt.Println(<-ended, <-ended)
	// Output:
	// views: 3
	// <nil> <nil>
}
