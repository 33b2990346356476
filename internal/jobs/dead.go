package jobs

import (
	"encoding/json"
	"time"

	"github.com/nova-social/nova-streams/schemas"
)

// Dead is a run that failed for good.
type Dead struct {
	Name, Kind string
	Begin      time.Time
	Tries      int
	Err        error // of the last try
}

// stage is who refuses, in a letter.
const stage = "jobs"

// Letter returns what is told of the run in jobs-dlq. A letter is known by the record it is about: here that is the job, in
// the place of a topic, and when the run began, in the place of an offset.
func (d Dead) Letter() (*schemas.DeadLetter, error) {
	text := d.Err.Error()
	value, err := json.Marshal(struct {
		Job   string    `json:"job"`
		Kind  string    `json:"kind"`
		Begin time.Time `json:"begin"`
		Tries int       `json:"tries"`
		Error string    `json:"error"`
	}{d.Name, d.Kind, d.Begin.UTC(), d.Tries, text[:min(len(text), maxError)]})
	if err != nil {
		return nil, err
	}
	at := d.Begin.UnixMilli()
	return &schemas.DeadLetter{
		Topic: "job:" + d.Name, Offset: at, AppendTime: at, Stage: stage, Reason: schemas.ReasonJobFailed, Detail: schemas.Detail(text),
		Key: []byte(d.Name), Value: value, ValueSize: int64(len(value)), Origin: schemas.Origin{Emitter: stage, Offset: at},
	}, nil
}

// maxError is how much of an error a letter carries as its value, bytes; its detail carries the beginning.
const maxError = 64 << 10
