package clickhouse

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
)

func testClaim(limits Limits, messages chan *sarama.ConsumerMessage) *claim {
	codec := fakeCodec{"row": activity("e", november, schemas.Origin{}), "next month": activity("e", december, schemas.Origin{}), "number": 5}
	return &claim{mapping: PostEvents, messages: messages, codec: codec, limits: limits, gap: func(int64, int64) error { return errors.New("gap") }}
}

func message(offset int64, value string) *sarama.ConsumerMessage {
	return &sarama.ConsumerMessage{Offset: offset, Value: []byte(value)}
}

func TestBatchEndsByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		messages := make(chan *sarama.ConsumerMessage, 5)
		c := testClaim(Limits{Records: 100, Bytes: 1000, Parts: 2, Age: time.Second}, messages)
		var sending sync.WaitGroup
		defer sending.Wait()
		sending.Go(func() {
			for offset := range int64(5) {
				time.Sleep(400 * time.Millisecond)
				messages <- message(offset, "row")
			}
		})
		begun := time.Now()
		b, err := c.collect(t.Context(), checkpoint{})
		require.NoError(t, err)
		require.Equal(t, []int64{0, 1, 2}, offsetsOf(b.rows), "those that came within a second of the first")
		require.Equal(t, 1400*time.Millisecond, time.Since(begun))
	})
}

func TestBatchEndsByNumberAndMonth(t *testing.T) {
	messages := make(chan *sarama.ConsumerMessage, 10)
	for offset, value := range []string{"row", "row", "row", "next month", "row", "row"} {
		messages <- message(int64(offset), value)
	}
	close(messages)
	c := testClaim(Limits{Records: 2, Bytes: 1000, Parts: 1, Age: time.Hour}, messages)
	at := checkpoint{}
	for _, want := range [][]int64{{0, 1}, {2}, {3}, {4, 5}} {
		b, err := c.collect(t.Context(), at)
		require.NoError(t, err)
		require.Equal(t, want, offsetsOf(b.rows))
		at = b.after()
	}
	_, err := c.collect(t.Context(), at)
	require.ErrorIs(t, err, errSessionOver)
}

func TestClaimRefusesWhatItShouldNotSee(t *testing.T) {
	for want, m := range map[string]*sarama.ConsumerMessage{
		"went back to 6, 7 was next": message(6, "row"),
		"gap":                        message(8, "row"),
		"the codec gave int":         message(7, "number"),
	} {
		messages := make(chan *sarama.ConsumerMessage, 1)
		messages <- m
		c := testClaim(Limits{Records: 1, Bytes: 1, Parts: 1, Age: time.Hour}, messages)
		c.want = 7
		_, err := c.collect(t.Context(), checkpoint{next: 7})
		require.ErrorContains(t, err, want)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := testClaim(Limits{Records: 1, Bytes: 1}, nil).collect(over, checkpoint{})
	require.ErrorIs(t, err, errSessionOver)
}
