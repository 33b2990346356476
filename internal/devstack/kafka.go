package devstack

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// kafka is one broker that keeps its log in dir. Topics must be created; none appears by being asked for.
type kafka struct {
	cluster *kfake.Cluster
	addrs   []string
}

func startKafka(ctx context.Context, addr, dir string, log *slog.Logger) (*kafka, error) {
	listen := func(network, _ string) (net.Listener, error) { return new(net.ListenConfig).Listen(ctx, network, addr) }
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ClusterID("nova-devstack"),
		kfake.ListenFn(listen),
		kfake.DataDir(dir),
		kfake.GroupMinSessionTimeout(time.Second), // tests that kill members do not wait the usual 6 s
		kfake.WithLogger(kafkaLogger{log.With("part", "kafka")}),
	)
	if err != nil {
		return nil, fmt.Errorf("starting Kafka on %s: %w", addr, err)
	}
	stampAppendTime(cluster)
	return &kafka{cluster, cluster.ListenAddrs()}, nil
}

func (k *kafka) stop(context.Context) error {
	k.cluster.Close()
	return nil
}

// kafkaLogger passes on what the broker warns of. Its information is one line per request: debug.
type kafkaLogger struct{ log *slog.Logger }

func (l kafkaLogger) Logf(level kfake.LogLevel, format string, args ...any) {
	to := slog.LevelDebug
	if level == kfake.LogLevelError || level == kfake.LogLevelWarn {
		to = slog.LevelWarn
	}
	if l.log.Enabled(context.Background(), to) {
		l.log.Log(context.Background(), to, "kfake says", "text", fmt.Sprintf(format, args...))
	}
}
