package chaos

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/test/realkafka"
)

// A member that dies when it was told to join again is missed after one session, not after the rebalance and another.
func TestTakeover_amid_a_rebalance_takes_a_session(t *testing.T) {
	if !realkafka.Wanted() {
		t.Skip("needs a broker process: make test-real")
	}
	cfg := streams.DefaultConfig()
	cfg.Brokers = realkafka.Start(t, 1).Brokers()
	cfg.SessionTimeout, cfg.DrainTimeout = session, time.Second
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	specs := []streams.TopicSpec{{Name: cfg.EpochsTopic, Partitions: 1, Replication: 1}, {Name: "in", Partitions: 6, Replication: 1}}
	_, err := streams.Provision(t.Context(), cfg.Brokers, specs)
	require.NoError(t, err)
	cl, err := kgo.NewClient(kgo.SeedBrokers(cfg.Brokers...))
	require.NoError(t, err)
	defer cl.Close()
	stable := func() (owned, members int) {
		groups, err := kadm.NewClient(cl).DescribeGroups(t.Context(), "g")
		g := groups["g"]
		if err != nil || g.State != "Stable" {
			return 0, 0
		}
		return len(g.AssignedPartitions()["in"]), len(g.Members)
	}

	runStage(t, cfg, "a")
	require.Eventually(t, func() bool { owned, _ := stable(); return owned == 6 }, 30*time.Second, 20*time.Millisecond)
	b := &mute{t: t, client: cl, group: "g", instance: "b"}
	b.enter()
	require.Eventually(t, func() bool {
		b.say()
		owned, members := stable()
		return owned == 6 && members == 2
	}, 30*time.Second, 50*time.Millisecond)
	runStage(t, cfg, "c")
	require.Eventually(t, b.told, 30*time.Second, 20*time.Millisecond)
	died := time.Now()
	require.Eventually(t, func() bool {
		owned, members := stable()
		return owned == 6 && members == 2
	}, 30*time.Second, 20*time.Millisecond)
	t.Logf("taken over after %v", time.Since(died).Round(10*time.Millisecond))
	require.Less(t, time.Since(died), session*8/5)
}

// runStage runs a stage that does nothing.
func runStage(t *testing.T, cfg streams.Config, instance string) {
	t.Helper()
	cfg.Instance = instance
	graph := func(on goka.ProcessCallback) *goka.GroupGraph {
		return goka.DefineGroup("g", goka.Input("in", new(codec.Bytes), on))
	}
	s, err := streams.New(cfg, graph, func(goka.Context, any) schemas.Outcome { return schemas.Skipped }, streams.Options{})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
}

// mute is a static member that does not act by itself, so that it can die at a chosen moment.
type mute struct {
	t          *testing.T
	client     *kgo.Client
	group      string
	instance   string
	id         string
	generation int32
	owned      []int32
}

const protocol = "cooperative-sticky"

// enter joins and syncs until the group takes it.
func (m *mute) enter() {
	m.t.Helper()
	require.Eventually(m.t, func() bool { return m.join() && m.sync() }, 30*time.Second, 20*time.Millisecond)
}

func (m *mute) join() bool {
	m.t.Helper()
	meta := kmsg.NewConsumerMemberMetadata()
	meta.Version, meta.Topics = 1, []string{"in"}
	meta.OwnedPartitions = []kmsg.ConsumerMemberMetadataOwnedPartition{{Topic: "in", Partitions: m.owned}}
	p := kmsg.NewJoinGroupRequestProtocol()
	p.Name, p.Metadata = protocol, meta.AppendTo(nil)
	req := kmsg.NewPtrJoinGroupRequest()
	req.Group, req.MemberID, req.InstanceID, req.ProtocolType = m.group, m.id, &m.instance, "consumer"
	req.SessionTimeoutMillis, req.RebalanceTimeoutMillis = int32(session.Milliseconds()), 1
	req.Protocols = append(req.Protocols, p)
	resp, err := req.RequestWith(m.t.Context(), m.client)
	require.NoError(m.t, err)
	m.id, m.generation = resp.MemberID, resp.Generation
	if resp.ErrorCode == kerr.UnknownMemberID.Code { // the group has forgotten it meanwhile
		m.id = ""
	}
	return resp.ErrorCode == 0
}

func (m *mute) sync() bool {
	m.t.Helper()
	kind, name := "consumer", protocol
	req := kmsg.NewPtrSyncGroupRequest()
	req.Group, req.MemberID, req.InstanceID, req.Generation = m.group, m.id, &m.instance, m.generation
	req.ProtocolType, req.Protocol = &kind, &name
	resp, err := req.RequestWith(m.t.Context(), m.client)
	require.NoError(m.t, err)
	if resp.ErrorCode != 0 {
		return false
	}
	var a kmsg.ConsumerMemberAssignment
	require.NoError(m.t, a.ReadFrom(resp.MemberAssignment))
	m.owned = nil
	for _, topic := range a.Topics {
		m.owned = append(m.owned, topic.Partitions...)
	}
	return true
}

// told sends a heartbeat and reports whether the answer is that there is a rebalance.
func (m *mute) told() bool {
	m.t.Helper()
	req := kmsg.NewPtrHeartbeatRequest()
	req.Group, req.MemberID, req.InstanceID, req.Generation = m.group, m.id, &m.instance, m.generation
	resp, err := req.RequestWith(m.t.Context(), m.client)
	require.NoError(m.t, err)
	err = kerr.ErrorForCode(resp.ErrorCode)
	if err != nil {
		require.ErrorIs(m.t, err, kerr.RebalanceInProgress)
	}
	return err != nil
}

// say is a heartbeat, and what a member does when it is told of a rebalance.
func (m *mute) say() {
	m.t.Helper()
	if m.told() {
		m.enter()
	}
}
