package tablestore

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func open(t require.TestingT, dir string, opts DiskOptions) *Disk {
	opts.FlushEvery = time.Hour // only where a test says so
	d, err := OpenDisk(dir, "topic/0", opts)
	require.NoError(t, err)
	return d
}

// A store on disk is what the model is, after it was closed and opened, too; after a crash it is what the model was at
// the offset it tells.
func TestDisk_does_what_the_model_does(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opts := DiskOptions{Expires: rapid.Bool().Draw(t, "expires")}
		mem, dir := vfs.NewCrashableMem(), "s"
		opts.FS = mem
		d, next := open(t, dir, opts), int64(0)
		defer func() { require.NoError(t, d.Close()) }()
		m := newModel()
		was := map[int64]*model{0: newModel()}
		for i := range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				require.NoError(t, d.Close())
				d = open(t, dir, opts)
				require.Equal(t, next, d.Next())
			case 1:
				require.NoError(t, d.db.Flush())
			case 2:
				crashed := mem.CrashClone(vfs.CrashCloneCfg{})
				require.NoError(t, d.Close())
				mem = crashed
				opts.FS = mem
				d = open(t, dir, opts)
				next = d.Next()
				require.Contains(t, was, next)
				m = was[next].clone()
				was = map[int64]*model{0: newModel(), next: m.clone()}
			default:
				rows := batches(5).Draw(t, fmt.Sprint("rows", i))
				next += int64(len(rows)) + 1
				require.NoError(t, d.Apply(rows, next))
				m.apply(rows, next)
				was[next] = m.clone()
			}
			m.require(t, d, opts.Expires)
		}
	})
}

func (m *model) clone() *model {
	c := newModel()
	*c = *m
	c.rows, c.order = maps.Clone(m.rows), slices.Clone(m.order)
	return c
}

func fill(tb testing.TB, d *Disk, rows int) {
	tb.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	for from := 0; from < rows; from += 1000 {
		var batch []Row
		for i := from; i < min(from+1000, rows); i++ {
			value := make([]byte, 31)
			for j := range value {
				value[j] = byte(rnd.Uint32())
			}
			key := fmt.Sprintf("%s:%s", uuid.NewSHA1(uuid.Nil, fmt.Append(nil, i)), uuid.NewSHA1(uuid.Nil, fmt.Append(nil, i%1000)))
			_, has, err := d.Get(key)
			require.NoError(tb, err)
			require.False(tb, has)
			batch = append(batch, Row{Key: key, Value: value})
		}
		require.NoError(tb, d.Apply(batch, int64(from+len(batch))))
	}
}

// The rows of a topic that was made anew are not those of its predecessor.
func TestDisk_of_another_topic_is_wiped(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir, DiskOptions{})
	fill(t, d, 10)
	_, err := OpenDisk(dir, "topic/0", DiskOptions{})
	require.ErrorIs(t, err, ErrLocked)
	require.NoError(t, d.Close())
	d, err = OpenDisk(dir, "topic/1", DiskOptions{})
	require.NoError(t, err)
	require.True(t, d.Wiped())
	require.Zero(t, d.Next())
	require.NoError(t, d.Each(func(string, []byte) bool { t.Error("a row"); return false }))
	require.NoError(t, d.Close())
	require.NoError(t, Remove(dir))
	require.NoError(t, Remove(dir), "nothing to remove")
}

// Whatever bytes are overwritten, no wrong row is read and nothing panics: it is ErrCorrupt, or the bytes did not matter.
func TestDisk_tells_that_its_files_are_corrupt(t *testing.T) {
	pristine := t.TempDir()
	d := open(t, pristine, DiskOptions{Expires: true})
	fill(t, d, 20_000)
	want := map[string]string{}
	require.NoError(t, d.Each(func(k string, v []byte) bool { want[k] = string(v); return true }))
	require.NoError(t, d.Close())
	files, err := filepath.Glob(filepath.Join(pristine, "*"))
	require.NoError(t, err)
	told := 0
	for _, file := range files {
		info, err := os.Stat(file)
		require.NoError(t, err)
		if info.Size() == 0 {
			continue
		}
		dir := t.TempDir()
		require.NoError(t, os.CopyFS(filepath.Join(dir, "s"), os.DirFS(pristine)))
		dir = filepath.Join(dir, "s")
		path := filepath.Join(dir, filepath.Base(file))
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		for i := range min(200, len(content)) { // the middle
			content[len(content)/2-min(100, len(content)/2)+i] ^= 0x5a
		}
		require.NoError(t, os.WriteFile(path, content, 0o600))
		got, err := readAll(dir)
		if err != nil {
			require.ErrorIs(t, err, ErrCorrupt, file)
			told++
			continue
		}
		for k, v := range got {
			require.Equal(t, want[k], v, file)
		}
		if strings.HasSuffix(file, ".sst") {
			t.Errorf("%s was overwritten, and nothing was told", file)
		}
	}
	require.Greater(t, told, 1)
	for _, file := range files { // gone instead of overwritten
		if !strings.HasSuffix(file, ".sst") {
			continue
		}
		dir := filepath.Join(t.TempDir(), "s")
		require.NoError(t, os.CopyFS(dir, os.DirFS(pristine)))
		require.NoError(t, os.Remove(filepath.Join(dir, filepath.Base(file))))
		_, err := readAll(dir)
		require.ErrorIs(t, err, ErrCorrupt, file)
	}
}

func readAll(dir string) (map[string]string, error) {
	d, err := OpenDisk(dir, "topic/0", DiskOptions{Expires: true})
	if err != nil {
		return nil, err
	}
	got := map[string]string{}
	err = d.Each(func(k string, v []byte) bool { got[k] = string(v); return true })
	if err == nil {
		err = d.Oldest(func(string, []byte) bool { return true })
	}
	if closing := d.Close(); err == nil {
		err = closing
	}
	return got, err
}

// A full disk is an error, at once and for good; nothing hangs; what is on disk then is a state the store has been in.
func TestDisk_that_is_full_says_so(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	quota := NewQuota(vfs.Default, 3<<20)
	opts := DiskOptions{FS: quota, MemTable: 1 << 20}
	d := open(t, dir, opts)
	began, applied := time.Now(), 0
	var err error
	for ; err == nil && applied < 400; applied++ {
		var rows []Row
		for i := range 1000 {
			rows = append(rows, Row{Key: uuid.NewString(), Value: []byte(fmt.Sprint(applied, i))})
		}
		err = d.Apply(rows, int64(applied+1))
	}
	require.ErrorIs(t, err, ErrFull)
	require.ErrorIs(t, d.Apply(nil, 1_000_000), ErrFull)
	_, _, err = d.Get("k")
	require.ErrorIs(t, err, ErrFull)
	require.ErrorIs(t, d.Close(), ErrFull)
	require.Less(t, time.Since(began), 30*time.Second)
	quota.SetLimit(1 << 30)
	d = open(t, dir, opts)
	require.Less(t, d.Next(), int64(applied))
	rows := int64(0)
	require.NoError(t, d.Each(func(string, []byte) bool { rows++; return true }))
	require.Equal(t, 1000*d.Next(), rows)
	require.NoError(t, d.Close())
}

// What 300,000 rows of a user and a post take on disk.
func TestDisk_takes_little_beside_the_rows(t *testing.T) {
	if testing.Short() {
		t.Skip("writes many rows")
	}
	const rows = 300_000
	for _, expires := range []bool{false, true} {
		d := open(t, t.TempDir(), DiskOptions{Expires: expires})
		began := time.Now()
		fill(t, d, rows) // each is looked for before, as a table does
		took := time.Since(began)
		require.NoError(t, d.db.Flush())
		size := d.Size()
		per := float64(size.Disk) / rows
		t.Logf("expires %v: %.0f bytes a row on disk, %v a row with making it", expires, per, took/rows)
		require.Less(t, per, 220.0)
		require.EqualValues(t, rows, size.Rows)
		require.NoError(t, d.Close())
	}
}

func TestRemove_needs_the_lock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	d := open(t, dir, DiskOptions{})
	require.ErrorIs(t, Remove(dir), ErrLocked)
	require.NoError(t, d.Close())
	require.NoError(t, Remove(dir))
	_, err := os.Stat(dir)
	require.ErrorIs(t, err, fs.ErrNotExist)
}
