package schemas

import (
	"strconv"
	"strings"

	"github.com/nova-social/nova-streams/internal/domain/change"
)

// EntityRow is a row of `posts-table`, `users-table`, `comments-table`, `follows-table` or `revocations-table`: what is
// known of one row of the application's database. A deleted one stays for a while, so that a late change meets its
// position.
//
// Under TruncatedRow each partition has one more row, if the table was ever truncated: its position is the highest at
// which that happened, and rows below it are no more, though they may still be there.
type EntityRow struct {
	rowHead
	Touched int64 `json:"touched"` // Unix ms: append time of the last record applied
	change.Row
}

// TruncatedRow is the name of the row that says since when a table is empty. No id is like it: texts of PostgreSQL have
// no zero byte.
const TruncatedRow = "\x00truncated"

// TruncateKey returns one of many keys of truncates, which all name the same row, so that there is one for every
// partition.
func TruncateKey(n int) string { return TruncatedRow + "\x00" + strconv.Itoa(n) }

// EntityName names the row of a change by the change's key.
func EntityName(key string) string {
	if strings.HasPrefix(key, TruncatedRow) {
		return TruncatedRow
	}
	return key
}
