package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/envelope"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

const (
	followees = 10     // of a reader, at first
	latePosts = 20_000 // of which things are said: those on pages are among them
	hotPosts  = 10     // at the same time
	hotEvery  = 60     // posts until another is hot
	usersGone = 8      // at the same time
)

// social is an application in which much happens: it says what its database's connector and its clients would.
type social struct {
	t        *testing.T
	rnd      *rand.Rand
	producer sarama.AsyncProducer
	settled  chan struct{}
	failed   atomic.Int64
	lsn      int64
	users    []string
	posts    []map[string]any // rows
	hot      []string         // posts in which many take an interest, the oldest first; each is on the pages of a reader or two
	gone     []string         // users, who was deleted first before the others
	follows  map[[2]string]bool
}

func newSocial(t *testing.T, brokers []string, rnd *rand.Rand, users int) *social {
	t.Helper()
	producer, err := sarama.NewAsyncProducer(brokers, kafka.NewConfig("social"))
	require.NoError(t, err)
	s := &social{t: t, rnd: rnd, producer: producer, settled: make(chan struct{}), lsn: time.Now().UnixMicro(), follows: map[[2]string]bool{}}
	go func() {
		defer close(s.settled)
		go func() {
			for range producer.Errors() {
				s.failed.Add(1)
			}
		}()
		for range producer.Successes() {
		}
	}()
	for n := range users {
		s.users = append(s.users, "u"+strconv.Itoa(n))
		s.user(s.users[n], false)
	}
	for n := range pageReaders {
		for range followees {
			followee := s.someone()
			s.follow(s.users[n], followee)
			s.write(followee)
			s.write(followee)
		}
	}
	return s
}

// end waits until all that was said is in Kafka.
func (s *social) end() {
	s.producer.AsyncClose()
	<-s.settled
	require.Zero(s.t, s.failed.Load())
}

func (s *social) someone() string { return s.users[s.rnd.IntN(len(s.users))] }

// happen lets one thing happen. Few changes concern a reader, so that pages are there for a while.
func (s *social) happen() {
	what := s.rnd.IntN(100)
	switch {
	case what < 30 || len(s.posts) == 0:
		s.write(s.someone())
	case what < 40:
		row := s.posts[s.late()]
		row["status"] = []string{"published", "draft"}[s.rnd.IntN(2)]
		row["caption"] = fmt.Sprint("changed ", s.lsn)
		s.row("posts", map[string]string{"id": row["id"].(string)}, "u", row)
	case what < 43:
		at := s.late()
		s.row("posts", map[string]string{"id": s.posts[at]["id"].(string)}, "d", nil)
		s.posts = append(s.posts[:at], s.posts[at+1:]...)
	case what < 47:
		if s.rnd.IntN(2) == 0 {
			s.follow(s.followed())
		} else { // whoever has written something
			s.follow(s.users[s.rnd.IntN(pageReaders)], s.posts[s.late()]["user_id"].(string))
		}
	case what < 50:
		s.people()
	default:
		post := s.hot[s.rnd.IntN(len(s.hot))]
		if s.rnd.IntN(3) > 0 {
			post = s.posts[s.late()]["id"].(string)
		}
		s.engage(s.someone(), post, []string{"like", "view", "view", "view"}[s.rnd.IntN(4)])
	}
}

// people has a user renamed, deleted or brought back: a reader, one in two. Some are gone, each for a few seconds.
func (s *social) people() {
	id := s.users[s.rnd.IntN(2*pageReaders)]
	switch gone := slices.Contains(s.gone, id); {
	case s.rnd.IntN(3) == 0:
		s.user(id, gone)
	case len(s.gone) == usersGone:
		s.user(s.gone[0], false)
		s.gone = s.gone[1:]
	case !gone:
		s.user(id, true)
		s.gone = append(s.gone, id)
	}
}

// late is the place of one of the posts that may be on pages.
func (s *social) late() int { return max(0, len(s.posts)-1-s.rnd.IntN(latePosts)) }

// write returns the id of the new post.
func (s *social) write(author string) string {
	now := time.Now()
	hot := len(s.posts)%hotEvery == 0
	if hot {
		_, author = s.followed()
	}
	row := map[string]any{
		"id": "p" + strconv.FormatInt(s.lsn, 36), "user_id": author, "caption": "new", "status": "published", "created_at": envelope.Time(now), "updated_at": nil,
	}
	if hot {
		s.hot = append(s.hot, row["id"].(string))
		s.hot = s.hot[max(0, len(s.hot)-hotPosts):]
	}
	s.posts = append(s.posts, row)
	s.row("posts", map[string]string{"id": row["id"].(string)}, "c", row)
	return row["id"].(string)
}

// followed returns a reader and somebody whom the reader follows.
func (s *social) followed() (reader, followee string) {
	for {
		reader, followee = s.users[s.rnd.IntN(pageReaders)], s.someone()
		if s.follows[[2]string{reader, followee}] {
			return reader, followee
		}
	}
}

// follow changes whether one follows another.
func (s *social) follow(follower, followee string) {
	key := [2]string{follower, followee}
	s.follows[key] = !s.follows[key]
	id := map[string]string{"follower_id": follower, "followee_id": followee}
	if !s.follows[key] {
		s.row("follows", id, "d", nil)
		return
	}
	s.row("follows", id, "c", map[string]any{"follower_id": follower, "followee_id": followee, "status": "active", "created_at": envelope.Time(time.Now())})
}

func (s *social) user(id string, gone bool) {
	row := map[string]any{"id": id, "username": fmt.Sprint(id, " ", s.lsn), "display_name": nil, "deleted_at": nil}
	if gone {
		row["deleted_at"] = envelope.Time(time.Now())
	}
	s.row("users", map[string]string{"id": id}, "u", row)
}

func (s *social) row(table string, id map[string]string, op string, row map[string]any) {
	s.lsn++
	key, value, err := envelope.Change{Table: table, Key: id, Op: op, LSN: s.lsn, At: time.Now(), Row: row}.Encode()
	require.NoError(s.t, err)
	s.producer.Input() <- &sarama.ProducerMessage{Topic: "cdc." + table, Key: sarama.ByteEncoder(key), Value: sarama.ByteEncoder(value)}
}

func (s *social) engage(user, post, action string) {
	text := fmt.Appendf(nil, `{"ts":%d,"user_id":%q,"post_id":%q,"action":%q}`, time.Now().UnixMilli(), user, post, action)
	event, bad := schemas.DecodeEventJSON(text)
	require.Nil(s.t, bad)
	s.producer.Input() <- &sarama.ProducerMessage{Topic: string(topology.Events), Key: sarama.StringEncoder(event.Key()), Value: sarama.ByteEncoder(text)}
}
