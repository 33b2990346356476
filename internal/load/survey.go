package load

import "fmt"

// Survey is what the first pass found in a file.
type Survey struct {
	Events int   // lines that hold an event
	Newest int64 // Unix ms of the newest event
	Bad    int   // lines that do not
	First  error // the first bad line: number and reason; nil if there is none
}

// Look reads the whole file and checks every line.
func Look(path string) (Survey, error) {
	var s Survey
	err := each(path, func(l Line) error {
		if l.Bad != nil {
			s.Bad++
			if s.First == nil {
				s.First = lineError(path, l)
			}
			return nil
		}
		if s.Events == 0 || l.Event.EventTime > s.Newest {
			s.Newest = l.Event.EventTime
		}
		s.Events++
		return nil
	})
	return s, err
}

func lineError(path string, l Line) error {
	return fmt.Errorf("%s, line %d: %s: %s", path, l.Number, l.Bad.Reason, l.Bad.Detail)
}
