package reconcile

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func did(in, applied, replay, absorbed, lag int64) standing {
	return standing{schemas.Accounting{In: in, Applied: applied, Replay: replay, Absorbed: absorbed}, lag, true}
}

func TestEdge_compares_what_was_passed_on(t *testing.T) {
	t.Parallel()
	edge := Edge{From: []string{"a"}, To: []string{"b"}}
	for name, c := range map[string]struct {
		a, later, b standing
		rows        int64
	}{
		"the same":                        {did(10, 8, 0, 0, 0), did(10, 8, 0, 0, 0), did(8, 8, 0, 0, 0), 0},
		"one was lost":                    {did(10, 8, 0, 0, 0), did(10, 8, 0, 0, 0), did(7, 7, 0, 0, 0), 1},
		"one was made up":                 {did(10, 8, 0, 0, 0), did(10, 8, 0, 0, 0), did(9, 9, 0, 0, 0), 1},
		"replays do not count":            {did(10, 8, 0, 0, 0), did(10, 8, 0, 0, 0), did(11, 8, 3, 0, 0), 0},
		"more may have come of absorbed":  {did(10, 8, 0, 1, 0), did(10, 8, 0, 1, 0), did(9, 9, 0, 0, 0), 0},
		"what it goes on with is there":   {did(10, 8, 0, 0, 0), did(12, 10, 0, 0, 0), did(10, 10, 0, 0, 0), 0},
		"what it has not committed, too":  {did(10, 8, 0, 0, 0), did(10, 8, 0, 0, 2), did(10, 10, 0, 0, 0), 0},
		"but not more than it could have": {did(10, 8, 0, 0, 0), did(10, 8, 0, 0, 2), did(11, 11, 0, 0, 0), 1},
	} {
		found, note := edge.between(map[string]standing{"a": c.a, "b": c.b}, map[string]standing{"a": c.later, "b": c.b})
		require.Empty(t, note, name)
		rows := int64(0)
		for _, f := range found {
			require.Equal(t, BetweenStages, f.Kind)
			rows += f.Rows
		}
		require.Equal(t, c.rows, rows, name)
	}
}

func TestEdge_with_half_an_accounting_is_not_compared(t *testing.T) {
	t.Parallel()
	half := did(3, 3, 0, 0, 0)
	half.whole = false
	at := map[string]standing{"a": did(10, 8, 0, 0, 0), "b": half}
	found, note := Edge{From: []string{"a"}, To: []string{"b"}}.between(at, at)
	require.Empty(t, found)
	require.Equal(t, "a → b is not comparable: accounting of b does not begin with its topic", note)
	begun := streams.GroupStatus{Partitions: []streams.PartitionStatus{{Committed: 10, Meta: schemas.CommitMeta{Accounting: schemas.Accounting{In: 3}}}}}
	require.False(t, standingOf(begun).whole)
	begun.Partitions[0].Meta.Accounting.In = 10
	require.True(t, standingOf(begun).whole)
	begun.Partitions[0].Meta.Epoch = 1
	require.False(t, standingOf(begun).whole)
}

// Who may pass on more than once does not hide what is lost, and moves the upper bound only.
func TestBetween_leaves_room_for_more(t *testing.T) {
	t.Parallel()
	edge := Edge{From: []string{"a"}, To: []string{"b"}, More: map[string]int64{"a": 1, "c": 2}}
	for seen, rows := range map[int64]int64{9: 1, 10: 0, 26: 0, 27: 1} {
		at := map[string]standing{
			"a": {Accounting: schemas.Accounting{In: 10, Applied: 10}, whole: true},
			"b": {Accounting: schemas.Accounting{In: seen}, whole: true},
			"c": {Accounting: schemas.Accounting{In: 3, Applied: 3}, whole: true},
		}
		found, note := edge.between(at, at)
		require.Empty(t, note)
		if rows == 0 {
			require.Empty(t, found, seen)
			continue
		}
		require.Len(t, found, 1, seen)
		require.Equal(t, rows, found[0].Rows)
	}
}

// Where what is refused may be passed on, too, that is more room, and none elsewhere.
func TestBetween_leaves_room_for_what_is_refused(t *testing.T) {
	t.Parallel()
	for refused, most := range map[bool]int64{false: 14, true: 18} {
		edge := Edge{From: []string{"a"}, To: []string{"b"}, More: map[string]int64{"c": 2}, Refused: refused}
		for _, seen := range []int64{most, most + 1} {
			at := map[string]standing{
				"a": {Accounting: schemas.Accounting{In: 10, Applied: 10}, whole: true},
				"b": {Accounting: schemas.Accounting{In: seen}, whole: true},
				"c": {Accounting: schemas.Accounting{In: 4, Applied: 2, Dead: 2}, whole: true},
			}
			found, note := edge.between(at, at)
			require.Empty(t, note)
			require.Len(t, found, int(seen-most), "%v %d", refused, seen)
		}
	}
}

func TestUnbalanced_names_the_partition(t *testing.T) {
	t.Parallel()
	g := streams.GroupStatus{Input: streams.Input{Group: "a", Topic: "t"}, Partitions: []streams.PartitionStatus{
		{Partition: 0, Committed: 2, Meta: schemas.CommitMeta{Accounting: schemas.Accounting{In: 2, Applied: 2}}},
		{Partition: 1, Committed: 9, Meta: schemas.CommitMeta{Accounting: schemas.Accounting{In: 9, Applied: 7}}},
	}}
	require.Equal(t, []Finding{{
		Kind: Unaccounted, Topic: "t", Partition: 1, First: 0, Last: 8, Rows: 2, Detail: "of 9 inputs of a, 2 are in no column",
	}}, unbalanced(g))
}

// broker moves on with each look: the groups commit as a script says.
type broker struct {
	looks map[string][]streams.PartitionStatus
	asked []string
}

func (b *broker) Groups(_ context.Context, inputs []streams.Input) ([]streams.GroupStatus, error) {
	var out []streams.GroupStatus
	for _, in := range inputs {
		b.asked = append(b.asked, in.Group)
		script := b.looks[in.Group]
		out = append(out, streams.GroupStatus{Input: in, Partitions: script[:1]})
		if len(script) > 1 {
			b.looks[in.Group] = script[1:]
		}
	}
	return out, nil
}

func (b *broker) OffsetsAt(context.Context, string, []time.Time) (map[int32][]int64, error) {
	return nil, nil
}

var threeGroups = Flow{
	Groups: []streams.Input{{Group: "a", Topic: "in"}, {Group: "b", Topic: "mid"}, {Group: "c", Topic: "out"}},
	Edges:  []Edge{{From: []string{"a"}, To: []string{"b"}}, {From: []string{"b"}, To: []string{"c"}}},
}

// A group is waited for until it has done what lay before it when the one before it was looked at, and no longer.
func TestCut_waits_for_what_is_on_its_way(t *testing.T) {
	t.Parallel()
	b := &broker{looks: map[string][]streams.PartitionStatus{
		"a": {{Committed: 10, End: 15}},
		"b": {{Committed: 3, End: 9}, {Committed: 5, End: 11}, {Committed: 9, End: 13}, {Committed: 13, End: 13}},
		"c": {{Committed: 9, End: 9}},
	}}
	c, err := takeCut(t.Context(), b, threeGroups, func(string) time.Duration { return time.Minute })
	require.NoError(t, err)
	require.Empty(t, c.waiting)
	require.EqualValues(t, 10, c.at["a"].Partitions[0].Committed)
	require.EqualValues(t, 9, c.at["b"].Partitions[0].Committed)
	require.Equal(t, []string{"a", "b", "b", "b", "c", "c"}, b.asked)
	require.Equal(t, map[string]bool{"a": true, "b": true, "c": true}, c.reached)
}

// What a group has not done cannot have reached those behind it, even if they have done all they have.
func TestCut_names_who_is_behind(t *testing.T) {
	t.Parallel()
	b := &broker{looks: map[string][]streams.PartitionStatus{
		"a": {{Committed: 10, End: 10}}, "b": {{Committed: -1, Start: 2, End: 9}}, "c": {{Committed: 4, End: 4}},
	}}
	c, err := takeCut(t.Context(), b, threeGroups, func(string) time.Duration { return time.Millisecond })
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"b": 7}, c.waiting, "the log holds no more")
	require.False(t, c.reached["b"])
	require.False(t, c.reached["c"])
	require.EqualValues(t, 4, c.at["c"].Partitions[0].Committed)
}

// Each group of the topology comes after those that write its input; the edges and the path name groups there are.
func TestEventFlow_is_in_order(t *testing.T) {
	t.Parallel()
	flow := EventFlow()
	place := map[string]int{}
	for i, g := range flow.Groups {
		place[g.Group] = i
	}
	require.Equal(t, string(topology.Events), flow.events().Topic)
	require.Equal(t, string(topology.EnrichedEvents), flow.sink().Topic)
	foreign := map[string]bool{}
	for _, topic := range topology.Topics() {
		foreign[topic.Name] = topic.Foreign
	}
	for _, g := range flow.Groups[1:] {
		require.Equal(t, foreign[g.Topic], len(flow.before(g.Group)) == 0, g.Group)
		for _, b := range flow.before(g.Group) {
			require.Contains(t, place, b)
			require.Less(t, place[b], place[g.Group])
		}
	}
	writers := map[string][]string{}
	for _, g := range topology.Groups(&schemas.Codecs{}) {
		require.NotEqual(t, g.ReadsTable(), place[string(g.Name)] > 0 || string(g.Name) == flow.events().Group, g.Name)
		for _, out := range g.Outputs {
			writers[string(out.Topic)] = append(writers[string(out.Topic)], string(g.Name))
		}
	}
	for _, g := range flow.Groups[1:] {
		require.Subset(t, flow.before(g.Group), writers[g.Topic], "what the map says of %s", g.Topic)
	}
	require.Subset(t, slices.Collect(maps.Keys(place)), flow.Path)
}
