package timeline

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/schemas"
)

// oracle keeps the latest rows as they are and works everything out when asked.
type oracle struct {
	posts, users, follows map[string]*schemas.EntityRow
}

// live returns a row that is there, nil for others.
func live(rows map[string]*schemas.EntityRow, id string) *schemas.EntityRow {
	r := rows[id]
	if r == nil || r.Deleted {
		return nil
	}
	return r
}

// gone reports whether a user is deleted.
func (o *oracle) gone(id string) bool {
	r := o.users[id]
	return r != nil && (r.Deleted || r.Text("deleted_at") != "")
}

func (o *oracle) present(id string) bool {
	return live(o.users, id) != nil && !o.gone(id)
}

func (o *oracle) follows2(a, b string) *schemas.EntityRow {
	r := live(o.follows, schemas.NaturalID(a, b))
	if r == nil || r.Text("status") == "blocked" {
		return nil
	}
	return r
}

type entry struct {
	id string
	at int64
}

func newest(all []entry) []entry {
	slices.SortFunc(all, func(a, b entry) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.id, a.id)) })
	return all
}

func (o *oracle) postsOf(user string) (all []entry) {
	for id := range o.posts {
		r := live(o.posts, id)
		if r != nil && r.Text("user_id") == user && r.Text("status") != "draft" {
			all = append(all, entry{id, timeOf(r, "created_at")})
		}
	}
	return newest(all)
}

func (o *oracle) edgesOf(user string, followers bool) (all []entry) {
	for _, other := range userIDs {
		a, b := user, other
		if followers {
			a, b = other, user
		}
		if r := o.follows2(a, b); r != nil && !o.gone(other) {
			all = append(all, entry{other, timeOf(r, "created_at")})
		}
	}
	return newest(all)
}

var (
	userIDs = []string{"a", "b", "c:1", "d", "e%"}
	postIDs = []string{"p1", "p2", "p3", "p4", "p5", "p6"}
)

func text(s string) string { return fmt.Sprintf("%q", s) }

func at(n int) string {
	return text(time.UnixMilli(int64(n)).UTC().Format(time.RFC3339Nano))
}

func rowOf(lsn int64, deleted bool, columns map[string]string) *schemas.EntityRow {
	return &schemas.EntityRow{Row: change.Row{
		Position: change.Position{LSN: lsn, Offset: lsn}, Deleted: deleted, Columns: change.ColumnsOf(columns),
	}}
}

// TestIndex_is_what_the_rows_say compares every answer with the oracle after each of many changes of all three tables.
func TestIndex_is_what_the_rows_say(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := New()
		o := &oracle{posts: map[string]*schemas.EntityRow{}, users: map[string]*schemas.EntityRow{}, follows: map[string]*schemas.EntityRow{}}
		lsn := int64(0)
		user := rapid.SampledFrom(userIDs)
		moment := rapid.IntRange(1, 3) // so that many are of one moment
		deleted := rapid.Bool()
		// put gives the index and the oracle a row, or a tombstone in place of it
		put := func(t *rapid.T, rows map[string]*schemas.EntityRow, id string, update func(string, *schemas.EntityRow), columns map[string]string) {
			lsn++
			if rapid.IntRange(0, 9).Draw(t, "tombstone") == 0 {
				delete(rows, id)
				update(id, nil)
				return
			}
			r := rowOf(lsn, deleted.Draw(t, "deleted") && deleted.Draw(t, "really"), columns)
			rows[id] = r
			update(id, r)
		}
		t.Repeat(map[string]func(*rapid.T){
			"post": func(t *rapid.T) {
				put(t, o.posts, rapid.SampledFrom(postIDs).Draw(t, "id"), x.UpdatePost, map[string]string{
					"user_id": text(user.Draw(t, "author")), "status": text(rapid.SampledFrom([]string{"published", "draft"}).Draw(t, "status")), "created_at": at(moment.Draw(t, "at")),
				})
			},
			"user": func(t *rapid.T) {
				columns := map[string]string{"username": text("x"), "created_at": at(5)}
				if rapid.IntRange(0, 3).Draw(t, "soft") == 0 {
					columns["deleted_at"] = at(9)
				}
				put(t, o.users, user.Draw(t, "id"), x.UpdateUser, columns)
			},
			"follow": func(t *rapid.T) {
				put(t, o.follows, schemas.NaturalID(user.Draw(t, "follower"), user.Draw(t, "followee")), x.UpdateFollow, map[string]string{
					"status": text(rapid.SampledFrom([]string{"active", "active", "blocked"}).Draw(t, "status")), "created_at": at(moment.Draw(t, "at")),
				})
			},
			"": func(t *rapid.T) { requireSame(t, o, x) },
		})
	})
}

func requireSame(t *rapid.T, o *oracle, x *Index) {
	for _, id := range userIDs {
		requireRecent(t, o, x, id)
		u, found := x.User(id)
		require.Equal(t, o.present(id), found, id)
		for _, other := range userIDs {
			r, both := x.Relationship(id, other)
			require.Equal(t, o.present(id) && o.present(other), both)
			if both {
				require.Equal(t, Relationship{o.follows2(id, other) != nil, o.follows2(other, id) != nil}, r)
			}
		}
		if !found {
			_, _, err := x.Posts(id, "", 1)
			require.ErrorIs(t, err, ErrUserNotFound)
			continue
		}
		wantPosts, wantFollowing, wantFollowers := o.postsOf(id), o.edgesOf(id, false), o.edgesOf(id, true)
		require.Equal(t, wantPosts, paged(t, func(after string) ([]Post, string, error) { return x.Posts(id, after, 2) }, func(p Post) entry { return entry{p.ID, p.CreatedAt} }))
		of := func(f Follow) entry { return entry{f.UserID, f.At} }
		require.Equal(t, wantFollowing, paged(t, func(after string) ([]Follow, string, error) { return x.Following(id, after, 2) }, of))
		require.Equal(t, wantFollowers, paged(t, func(after string) ([]Follow, string, error) { return x.Followers(id, after, 2) }, of))
		require.Equal(t, [3]int{len(wantPosts), len(wantFollowing), len(wantFollowers)}, [3]int{u.Posts, u.Following, u.Followers})
	}
	for _, id := range postIDs {
		r := live(o.posts, id)
		_, found := x.Post(id)
		require.Equal(t, r != nil && r.Text("status") != "draft" && !o.gone(r.Text("user_id")), found, id)
	}
}

// requireRecent compares what a feed asks. One post is skipped.
func requireRecent(t *rapid.T, o *oracle, x *Index, reader string) {
	const until, skipped = 2, "p2"
	limit, each := rapid.IntRange(1, 4).Draw(t, "limit"), rapid.IntRange(1, 3).Draw(t, "each")
	var want []entry
	var wantFollowees []string
	for _, other := range userIDs {
		follows := o.follows2(reader, other) != nil
		if !follows || o.gone(reader) {
			continue
		}
		wantFollowees = append(wantFollowees, other)
		if o.gone(other) || other == reader {
			continue
		}
		posts := slices.DeleteFunc(o.postsOf(other), func(e entry) bool { return e.at > until || e.id == skipped })
		want = append(want, posts[:min(each, len(posts))]...)
	}
	newest(want)
	posts, followees := x.Recent(reader, until, limit, each, func(id string) bool { return id == skipped })
	got := make([]entry, 0, limit)
	for _, p := range posts {
		got = append(got, entry{p.ID, p.CreatedAt})
	}
	require.Equal(t, append([]entry{}, want[:min(limit, len(want))]...), got)
	require.ElementsMatch(t, wantFollowees, followees)
	if !o.gone(reader) {
		require.Equal(t, len(wantFollowees), x.Followees(reader))
	}
	wrote := map[string]int{}
	for id := range o.posts {
		if r := live(o.posts, id); r != nil {
			wrote[r.Text("user_id")]++
		}
	}
	require.Equal(t, wrote, x.Authors(append(postIDs, "nobody's")))
	requireCards(t, o, x, reader)
}

// requireCards compares what a page shows of each post, of one that a tombstone has taken away, and of one that never was.
func requireCards(t *rapid.T, o *oracle, x *Index, reader string) {
	author := rapid.SampledFrom(append(userIDs, "", "nobody")).Draw(t, "said to be the author")
	look := x.Look(reader)
	defer look.Close()
	for _, id := range append(postIDs, "never") {
		row, of, hidden := o.posts[id], author, o.posts[id] != nil
		wantPost := Post{ID: id, AuthorID: author}
		if r := live(o.posts, id); r != nil {
			of = r.Text("user_id")
			wantPost = Post{ID: id, AuthorID: of, Status: r.Text("status"), CreatedAt: timeOf(r, "created_at")}
			hidden = wantPost.Status == "draft" || o.gone(of)
		}
		wantName := Name{ID: of}
		if o.present(of) {
			wantName.Username = o.users[of].Text("username")
		}
		got := look.Card(id, author)
		require.Equal(t, wantPost, *got.Post, row)
		require.Equal(t, wantName, *got.Author, id)
		require.Equal(t, hidden, got.Hidden, id)
		require.Equal(t, o.follows2(reader, of) != nil, look.Follows(&got), id)
	}
}

// paged reads a whole list page by page.
func paged[T any](t require.TestingT, page func(after string) ([]T, string, error), of func(T) entry) (all []entry) {
	for after := ""; ; {
		items, next, err := page(after)
		require.NoError(t, err)
		for _, item := range items {
			all = append(all, of(item))
		}
		if next == "" {
			return all
		}
		after = next
	}
}
