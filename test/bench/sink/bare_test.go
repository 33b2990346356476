package sink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// bare is the columns of post_events as ch-go has them. They are reused from block to block.
type bare struct {
	eventID, userID, postID, authorID, commentID, sessionID, connects, topicID proto.ColStr
	eventTime, rootTime                                                        proto.ColInt64
	eventType                                                                  proto.ColInt8
	dwell, offset, rootOffset, first, last                                     proto.ColInt64
	device, appVer, previous                                                   *proto.ColLowCardinality[string]
	devices                                                                    proto.ColUInt16
	partition, rootPartition, attempt                                          proto.ColInt32
	before                                                                     proto.ColUInt64
	rows                                                                       proto.ColUInt32

	buf proto.Buffer
}

func newBare() *bare {
	lc := func() *proto.ColLowCardinality[string] { return new(proto.ColStr).LowCardinality() }
	return &bare{device: lc(), appVer: lc(), previous: lc()}
}

var kinds = map[engagement.Action]int8{engagement.View: 1, engagement.Impression: 2, engagement.Like: 3, engagement.Comment: 4, engagement.Share: 5}

func (b *bare) columns() []proto.InputColumn {
	const when, kind = "DateTime64(3, 'UTC')", "Enum8('post_view' = 1, 'post_impression' = 2, 'post_like' = 3, 'post_comment' = 4, 'post_share' = 5)"
	return []proto.InputColumn{
		{Name: "event_id", Data: &b.eventID},
		{Name: "event_time", Data: proto.Alias(&b.eventTime, when)},
		{Name: "event_type", Data: proto.Alias(&b.eventType, kind)},
		{Name: "user_id", Data: &b.userID},
		{Name: "post_id", Data: &b.postID},
		{Name: "author_id", Data: &b.authorID},
		{Name: "dwell_ms", Data: &b.dwell},
		{Name: "device", Data: b.device},
		{Name: "app_ver", Data: b.appVer},
		{Name: "comment_id", Data: &b.commentID},
		{Name: "session_id", Data: &b.sessionID},
		{Name: "device_count", Data: &b.devices},
		{Name: "previous_device", Data: b.previous},
		{Name: "connects_session_id", Data: &b.connects},
		{Name: "root_time", Data: proto.Alias(&b.rootTime, when)},
		{Name: "root_partition", Data: &b.rootPartition},
		{Name: "root_offset", Data: &b.rootOffset},
		{Name: "kafka_topic_id", Data: &b.topicID},
		{Name: "kafka_partition", Data: &b.partition},
		{Name: "kafka_offset", Data: &b.offset},
		{Name: "batch_first", Data: &b.first},
		{Name: "batch_last", Data: &b.last},
		{Name: "batch_attempt", Data: &b.attempt},
		{Name: "batch_before", Data: &b.before},
		{Name: "batch_rows", Data: &b.rows},
	}
}

// fill takes the rows of one insert, of which the first has this offset.
func (b *bare) fill(rows []*schemas.EnrichedEvent, first int64) {
	for _, c := range b.columns() {
		c.Data.(proto.Resettable).Reset()
	}
	for i, r := range rows {
		b.eventID.Append(r.EventID)
		b.eventTime.Append(r.EventTime)
		b.eventType.Append(kinds[r.Action])
		b.userID.Append(r.UserID)
		b.postID.Append(r.PostID)
		b.authorID.Append(r.AuthorID)
		b.dwell.Append(r.DwellMS)
		b.device.Append(r.Device)
		b.appVer.Append(r.AppVer)
		b.commentID.Append(r.CommentID)
		b.sessionID.Append(r.SessionID)
		b.devices.Append(uint16(r.DeviceCount))
		b.previous.Append(r.PreviousDevice)
		b.connects.Append(r.ConnectsSessionID)
		b.rootTime.Append(r.RootTime)
		b.rootPartition.Append(r.RootPartition)
		b.rootOffset.Append(r.RootOffset)
		b.topicID.Append("bare")
		b.partition.Append(0)
		b.offset.Append(first + int64(i))
		b.first.Append(first)
		b.last.Append(first + int64(len(rows)) - 1)
		b.attempt.Append(0)
		b.before.Append(uint64(first))
		b.rows.Append(uint32(len(rows)))
	}
}

// send posts what fill took as one block.
func (b *bare) send(ctx context.Context, server, database string) error {
	columns := b.columns()
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
		if p, ok := c.Data.(proto.Preparable); ok {
			if err := p.Prepare(); err != nil {
				return fmt.Errorf("preparing %s: %w", c.Name, err)
			}
		}
	}
	b.buf.Reset()
	block := proto.Block{Columns: len(columns), Rows: b.eventID.Rows()}
	if err := block.EncodeRawBlock(&b.buf, 0, columns); err != nil {
		return fmt.Errorf("encoding: %w", err)
	}
	q := url.Values{"database": {database}, "query": {"INSERT INTO post_events (" + strings.Join(names, ", ") + ") FORMAT Native"}}
	to := url.URL{Scheme: "http", Host: server, Path: "/", RawQuery: q.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(b.buf.Buf))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(string(body))
	}
	return err
}
