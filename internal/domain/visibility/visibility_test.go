package visibility_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/visibility"
)

func TestHidden_is_what_is_unpublished_or_deleted(t *testing.T) {
	type (
		post   = visibility.Post
		author = visibility.Author
	)
	for _, c := range []struct {
		post   *post
		author *author
		want   bool
	}{
		{nil, nil, false},
		{nil, &author{}, false},
		{nil, &author{Deleted: true}, true},
		{&post{}, nil, false},
		{&post{Status: "published"}, &author{}, false},
		{&post{Status: "draft"}, nil, true},
		{&post{Status: "published", Deleted: true}, nil, true},
		{&post{Status: "published"}, &author{Deleted: true}, true},
	} {
		require.Equal(t, c.want, visibility.Hidden(c.post, c.author), "%+v %+v", c.post, c.author)
	}
}
