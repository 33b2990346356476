package schemas_test

import (
	"bytes"
	"encoding/base64"
	"maps"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/schemas"
)

var commitMetas = rapid.Custom(func(t *rapid.T) schemas.CommitMeta {
	var m schemas.CommitMeta
	n := rapid.Int64()
	m.Accounting = schemas.Accounting{
		In: n.Draw(t, "in"), Applied: n.Draw(t, "applied"), Duplicate: n.Draw(t, "duplicate"), Replay: n.Draw(t, "replay"),
		Absorbed: n.Draw(t, "absorbed"), Skipped: n.Draw(t, "skipped"), Dead: n.Draw(t, "dead"), Late: n.Draw(t, "late"),
	}
	sources := rapid.Custom(func(t *rapid.T) schemas.Source {
		return schemas.Source{Emitter: rapid.String().Draw(t, "emitter"), Partition: rapid.Int32().Draw(t, "partition")}
	})
	marks := rapid.Custom(func(t *rapid.T) schemas.Mark {
		return schemas.Mark{Epoch: rapid.Int32().Draw(t, "epoch"), Offset: n.Draw(t, "offset"), N: rapid.Int32().Draw(t, "n")}
	})
	if vector := rapid.MapOf(sources, marks).Draw(t, "vector"); len(vector) > 0 {
		m.Vector = vector
	}
	if rapid.Bool().Draw(t, "announced") {
		blocks := rapid.Custom(func(t *rapid.T) schemas.AnnouncedBlock {
			return schemas.AnnouncedBlock{
				Part: rapid.String().Draw(t, "part"), First: n.Draw(t, "block first"), Last: n.Draw(t, "block last"),
				Attempt: rapid.Int32().Draw(t, "attempt"),
			}
		})
		m.Announced = &schemas.Announcement{
			First: n.Draw(t, "first"), Last: n.Draw(t, "last"), Columns: rapid.Int32().Draw(t, "columns"), Server: rapid.Uint64().Draw(t, "server"),
		}
		if drawn := rapid.SliceOf(blocks).Draw(t, "blocks"); len(drawn) > 0 {
			m.Announced.Blocks = drawn
		}
		if drawn := rapid.SliceOf(n).Draw(t, "refused"); len(drawn) > 0 {
			m.Announced.Refused = drawn
		}
	}
	return m
})

func TestCommitMetaRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := commitMetas.Draw(t, "meta")
		text := m.Encode()
		require.True(t, utf8.ValidString(text))
		copied := m
		copied.Vector = maps.Clone(m.Vector)
		require.Equal(t, text, copied.Encode())
		read, err := schemas.DecodeCommitMeta(text)
		require.NoError(t, err)
		require.Equal(t, m, read)
	})
}

func TestCommitMetaBeforeTheFirstCommit(t *testing.T) {
	m, err := schemas.DecodeCommitMeta("")
	require.NoError(t, err)
	require.Equal(t, schemas.CommitMeta{}, m)
	m, err = schemas.DecodeCommitMeta(schemas.CommitMeta{Vector: map[schemas.Source]schemas.Mark{}}.Encode())
	require.NoError(t, err)
	require.Equal(t, schemas.CommitMeta{}, m)
}

// The vector is as wide as the emitters have partitions; 64 of them fit whatever the numbers, with the longest
// announcement the sink makes: a range over 24 months, halved, with refused rows.
func TestCommitMetaFitsTheBroker(t *testing.T) {
	meta := func(offset int64, epoch, n int32) schemas.CommitMeta {
		m := schemas.CommitMeta{
			Vector:     map[schemas.Source]schemas.Mark{},
			Accounting: schemas.Accounting{In: offset, Applied: offset, Duplicate: offset, Replay: offset, Absorbed: offset, Skipped: offset, Dead: offset, Late: offset},
		}
		for _, emitter := range []string{"dedup", "reactions"} {
			for partition := range int32(64) {
				m.Vector[schemas.Source{Emitter: emitter, Partition: partition}] = schemas.Mark{Epoch: epoch, Offset: offset, N: n}
			}
		}
		return m
	}
	usual := meta(5_000_000_000, 3, 1)
	t.Logf("64 partitions, 2 emitters, offsets of 5e9: %d bytes", len(usual.Encode()))
	require.Less(t, len(usual.Encode()), 1700)

	usual.Announced = &schemas.Announcement{First: 5_000_000_000, Last: 5_000_100_000, Columns: 1, Server: math.MaxUint64}
	for range 24 {
		usual.Announced.Blocks = append(usual.Announced.Blocks, schemas.AnnouncedBlock{Part: "202612", First: 5_000_000_000, Last: 5_000_100_000, Attempt: 1})
	}
	t.Logf("with an announcement of 24 parts: %d bytes", len(usual.Encode()))
	require.Less(t, len(usual.Encode()), 2100)

	for i := range int64(20) { // a block halved to the last row, and as many rows refused as the sink takes
		usual.Announced.Blocks = append(usual.Announced.Blocks, schemas.AnnouncedBlock{Part: "202612", First: 5_000_050_000 + i, Last: 5_000_050_000 + 2*i})
	}
	for i := range int64(100) {
		usual.Announced.Refused = append(usual.Announced.Refused, 5_000_000_000+900*i)
	}
	t.Logf("halved, with 100 rows refused: %d bytes", len(usual.Encode()))
	require.Less(t, len(usual.Encode()), 2800)

	worst := meta(math.MaxInt64, 1000, 100)
	t.Logf("64 partitions, 2 emitters, largest offsets: %d bytes", len(worst.Encode()))
	require.LessOrEqual(t, len(worst.Encode()), schemas.MaxCommitMeta)
}

func TestForeignCommitMetaIsRefused(t *testing.T) {
	b64 := base64.RawStdEncoding.EncodeToString
	whole, err := base64.RawStdEncoding.DecodeString(schemas.CommitMeta{
		Vector:    map[schemas.Source]schemas.Mark{{Emitter: "dedup", Partition: 1}: {Offset: 9}},
		Announced: &schemas.Announcement{First: 1, Last: 2, Blocks: []schemas.AnnouncedBlock{{Part: "202612", First: 1, Last: 2}}, Refused: []int64{1}},
	}.Encode())
	require.NoError(t, err)
	texts := []string{
		"written by another tool", "AQ==", b64([]byte{3}), b64([]byte{2}), b64([]byte{0}), b64([]byte{4}),
		b64(append(bytes.Clone(whole), 0)),
		b64(append([]byte{1}, strings.Repeat("\x00", 8)+"\x02"...)),                                                   // neither announced nor not
		b64(append([]byte{1}, strings.Repeat("\x00", 9)+"\xff\xff\x03"...)),                                           // more emitters than bytes
		b64(append([]byte{1}, strings.Repeat("\x00", 9)+"\x02\x01a\x01\x00\x00\x00\x00\x01a\x01\x00\x00\x00\x00"...)), // one source twice
	}
	for n := range len(whole) - 1 {
		texts = append(texts, b64(whole[:n+1]))
	}
	for _, text := range texts {
		_, err := schemas.DecodeCommitMeta(text)
		require.Error(t, err, "%q", text)
	}
}

// What earlier programs announced is finished by this one, under the same tokens.
func TestCommitMetaOfEarlierProgramsIsRead(t *testing.T) {
	text := base64.RawStdEncoding.EncodeToString([]byte("\x02\x00" + strings.Repeat("\x00", 8) + "\x01\x14\x26\x04\x02\x02\x06202411\x06202412" + "\x00"))
	m, err := schemas.DecodeCommitMeta(text)
	require.NoError(t, err)
	require.Equal(t, schemas.CommitMeta{Announced: &schemas.Announcement{
		First: 10, Last: 19, Columns: 1,
		Blocks: []schemas.AnnouncedBlock{{Part: "202411", First: 10, Last: 19, Attempt: 2}, {Part: "202412", First: 10, Last: 19, Attempt: 2}},
	}}, m)
}
