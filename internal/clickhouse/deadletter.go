package clickhouse

import (
	"context"

	"github.com/nova-social/nova-streams/internal/deadletter"
	"github.com/nova-social/nova-streams/schemas"
)

// bury makes a dead letter of a record. What would not fit into the dead-letter topic is cut.
func (m *Mapping) bury(row Row, why *schemas.Unreadable) *schemas.DeadLetter {
	d := deadletter.New(row.message, m.Group, why)
	if row.Record != nil {
		d.Origin = m.Origin(row.Record)
	}
	return d
}

// badRow makes a dead letter of a row that the table refused.
func (m *Mapping) badRow(row Row, why error) *schemas.DeadLetter {
	return m.bury(row, &schemas.Unreadable{Reason: schemas.ReasonBadRow, Detail: why.Error()})
}

// deadLetters are the graveyard of a member.
type deadLetters struct{ *deadletter.Sender }

func (d deadLetters) send(_ context.Context, letters []*schemas.DeadLetter) error {
	return d.Send(letters)
}
