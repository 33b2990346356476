package schemas_test

import (
	"fmt"
	"testing"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

func benchmarkDecode(b *testing.B, codec goka.Codec, data []byte) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := codec.Decode(data); err != nil { // no helper: it costs more than the decoder
			b.Fatal(err)
		}
	}
}

// busyRow is a score row as it is while a post is looked at, with engagements in n buckets: each has views, every third
// also a like.
func busyRow(n int) *schemas.ScoreRow {
	row := &schemas.ScoreRow{Lifetime: engagement.Counts{Views: 1000, Impressions: 2000, Likes: 30, Comments: 4, Shares: 5}}
	for i := range n {
		start := int64(1420070400000 + 5000*i)
		row.Buckets = append(row.Buckets, engagement.Bucket{Start: start, Last: start + 1234, Counts: engagement.Counts{Views: 3}})
		if i%3 == 2 {
			row.Buckets[i].Counts.Likes = 1
		}
		row.LastEngagement = start + 1234
	}
	row.SetLast(schemas.Position{Offset: 123_456_789})
	return row
}

// benchmarks are the samples, and score rows of several lengths.
func benchmarks(c *schemas.Codecs) map[string]sample {
	all := samples(c)
	for _, n := range []int{1, 5, 20} {
		all[fmt.Sprintf("score_row of %d buckets", n)] = sample{c.ScoreRows, busyRow(n)}
	}
	return all
}

func BenchmarkDecode(b *testing.B) {
	c, _ := newCodecs(b)
	for name, s := range benchmarks(c) {
		b.Run(name, func(b *testing.B) { benchmarkDecode(b, s.codec, encode(b, s.codec, s.record)) })
	}
	b.Run("event as JSON", func(b *testing.B) {
		benchmarkDecode(b, c.Events, []byte(`{"event_id":"dab4b563-d2ae-53da-a5e6-0cafddbd43b0","event_time":"2015-01-01T00:00:00.123Z","user_id":"2adb6c00-56f5-5310-a54a-2a6abfbcf961","post_id":"88cc1bc5-5b6c-54ee-b4ed-09dd3f321174","author_id":"author","action":"comment","dwell_ms":2500,"device":"phone","app_ver":"7.1","comment_id":"c-1"}`))
	})
}

// BenchmarkDecodeInto decodes into one row again and again, as somebody does who looks at many.
func BenchmarkDecodeInto(b *testing.B) {
	c, _ := newCodecs(b)
	codec := c.ScoreRows.(schemas.ReusingRowCodec)
	for _, n := range []int{1, 5, 20} {
		b.Run(fmt.Sprintf("score_row of %d buckets", n), func(b *testing.B) {
			data, row := encode(b, codec, busyRow(n)), codec.New()
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if err := codec.DecodeInto(row, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	c, _ := newCodecs(b)
	for name, s := range benchmarks(c) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.codec.Encode(s.record); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(encode(b, s.codec, s.record))), "bytes/record")
		})
	}
}

func BenchmarkHashEventID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		schemas.HashEventID("dab4b563-d2ae-53da-a5e6-0cafddbd43b0")
	}
}
