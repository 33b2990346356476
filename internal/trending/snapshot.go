package trending

import (
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/nova-social/nova-streams/internal/domain/ranking"
)

// Snapshot is the list at one moment. It is shared and must not be changed.
type Snapshot struct {
	AsOf   int64 // Unix ms
	Window time.Duration
	Items  []ranking.Item // from the top
	Read   []int64        // how far the table had been read before it was sorted: the newest offset by partition; nil where nobody says
	order  uint64         // hash of the post ids in order
}

func newSnapshot(asOf int64, window time.Duration, items []ranking.Item) *Snapshot {
	h := xxhash.New()
	for _, item := range items {
		_, _ = h.WriteString(item.PostID)
		_, _ = h.Write([]byte{0})
	}
	return &Snapshot{AsOf: asOf, Window: window, Items: items, order: h.Sum64()}
}

// Page returns limit items from offset on, fewer at the end of the list. offset must lie within the list or at its
// end, limit must be positive.
func (s *Snapshot) Page(offset, limit int) Page {
	end := min(offset+limit, len(s.Items))
	page := Page{AsOf: FormatTime(s.AsOf), Window: formatWindow(s.Window), Items: make([]Item, 0, end-offset)}
	for i, item := range s.Items[offset:end] {
		page.Items = append(page.Items, newItem(offset+i+1, item.PostID, item.Score, item.Counts))
	}
	if end < len(s.Items) {
		next := cursor{s.order, uint32(end)}.String() //nolint:gosec // a list is far shorter than 2^32
		page.NextCursor = &next
	}
	return page
}

// formatWindow writes 1h0m0s as 1h.
func formatWindow(d time.Duration) string {
	text := d.String()
	for _, zero := range [...]string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}
