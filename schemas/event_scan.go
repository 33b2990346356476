package schemas

// scanEvent reads the JSON that producers send nearly always: one flat object of eventJSON's fields, its strings without
// escapes, its numbers whole and not negative. For all else it returns false and finds no fault: what that is, the JSON
// library has to say. Data must be valid UTF-8; the strings returned are parts of one copy.
func scanEvent(data []byte) (j eventJSON, ok bool) {
	s := scanner{data: data, text: string(data)}
	var seen uint
	for next := byte('{'); s.take(next); next = ',' {
		name, ok := s.quoted()
		if !ok || !s.take(':') {
			return j, false
		}
		bit, field := j.field(name)
		if bit == 0 || seen&bit != 0 {
			return j, false
		}
		seen |= bit
		switch {
		case s.null(): // absent
		case field != nil:
			*field, ok = s.quoted()
		case name == "ts":
			ts := new(int64)
			*ts, ok = s.number()
			j.TS = ts
		default:
			j.DwellMS, ok = s.number()
		}
		if !ok {
			return j, false
		}
	}
	ok = seen != 0 && s.take('}') && s.next() == 0
	return j, ok && s.at == len(data)
}

// field returns a bit of its own for every field, and where a text goes; no bit for an unknown name.
func (j *eventJSON) field(name string) (bit uint, text *string) {
	switch name {
	case "event_id":
		return 1 << 0, &j.EventID
	case "event_time":
		return 1 << 1, &j.EventTime
	case "ts":
		return 1 << 2, nil
	case "user_id":
		return 1 << 3, &j.UserID
	case "post_id":
		return 1 << 4, &j.PostID
	case "author_id":
		return 1 << 5, &j.AuthorID
	case "action":
		return 1 << 6, &j.Action
	case "dwell_ms":
		return 1 << 7, nil
	case "device":
		return 1 << 8, &j.Device
	case "app_ver":
		return 1 << 9, &j.AppVer
	case "comment_id":
		return 1 << 10, &j.CommentID
	}
	return 0, nil
}
