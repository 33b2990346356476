package views

import "time"

// difference is by how much the committed rows of a post in one hour or minute exceed what the roll-up says.
type difference struct {
	Bucket      int64  `ch:"bucket"` // begin, Unix seconds
	PostID      string `ch:"post_id"`
	Views       int64  `ch:"views"`
	Likes       int64  `ch:"likes"`
	Comments    int64  `ch:"comments"`
	Shares      int64  `ch:"shares"`
	Impressions int64  `ch:"impressions"`
	DwellMS     int64  `ch:"dwell_ms"`
	Open        int64  `ch:"open"` // rows that are not committed, which the roll-up may have counted or not
}

// lacking is what the roll-up is short of, none of it negative. Rows that it has counted and that are not committed make
// a difference smaller, never larger, as no event counts less than nothing. Where it says more, and no row is open, rows
// were removed: that is left alone.
func (d difference) lacking() difference {
	for _, n := range []*int64{&d.Views, &d.Likes, &d.Comments, &d.Shares, &d.Impressions, &d.DwellMS} {
		*n = max(*n, 0)
	}
	return d
}

func (d difference) some() bool {
	return max(d.Views, d.Likes, d.Comments, d.Shares, d.Impressions, d.DwellMS) > 0
}

// sortOut splits differences: what is to be added, by the month it belongs to, as the roll-ups are partitioned; and whether
// something cannot be told yet.
func sortOut(all []difference) (add map[string][]difference, unclear bool) {
	add = map[string][]difference{}
	for _, d := range all {
		switch {
		case d.some():
			month := time.Unix(d.Bucket, 0).UTC().Format("200601")
			add[month] = append(add[month], d.lacking())
		case d.Open > 0:
			unclear = true
		}
	}
	return add, unclear
}
