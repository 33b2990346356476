package debezium

// types are the shapes of a record's key and rows, nil where the format does not tell. Key and value may come by
// different converters, and a header has none at all.
type types struct{ key, row *shape }

// rows returns the shape of the rows in an envelope, nil if the format does not tell or it is no envelope.
func (s *shape) rows() *shape {
	if s == nil {
		return nil
	}
	if after, ok := s.index["after"]; ok {
		return s.fields[after].shape
	}
	return nil
}

// retype brings columns that were read without a shape into the form they have with it. Other columns stay.
func (s *shape) retype(columns Columns) error {
	if s == nil {
		return nil
	}
	for name, raw := range columns {
		i, ok := s.index[name]
		if !ok || s.fields[i].shape.readsAsWritten() || raw == null {
			continue
		}
		text, err := s.fields[i].shape.read(raw)
		if err != nil {
			return within(name, err)
		}
		columns[name] = text
	}
	return nil
}

// readsAsWritten reports whether values have the same form with and without a shape.
func (s *shape) readsAsWritten() bool {
	return s.form == asWritten && s.kind != floatKind
}

// read returns the form of a value that is JSON.
func (s *shape) read(raw string) (string, error) {
	r, _ := jsonReaders.Get().(*jsonReader)
	defer jsonReaders.Put(r)
	r.reset([]byte(raw))
	return r.value(s)
}

// same reports whether a value of a row that was read without shape is that of a key that was read with one.
func (t types) same(name, inRow, inKey string) bool {
	if t.key == nil || t.row != nil {
		return false
	}
	text, err := t.key.fields[t.key.index[name]].shape.read(inRow)
	return err == nil && text == inKey
}
