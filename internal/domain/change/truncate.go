package change

// Truncate returns the row after its table was emptied at that position, nil for nothing, and whether that made a
// difference. Changes below the position are not to be merged any more. r is changed, and not to be used any more.
func Truncate(r *Row, at Position) (*Row, bool) {
	if r == nil {
		return nil, false
	}
	if r.Position.Before(at) {
		return nil, true
	}
	changed := false
	for i := range r.Kept {
		if k := &r.Kept[i]; k.Known && k.Since.Before(at) {
			k.Since, k.Known, changed = at, false, true
			r.Columns = r.Columns.Without(k.Name)
		}
	}
	return r, changed
}
