package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/schemas"
)

type eventsInput struct {
	RawBody []byte `contentType:"application/json"`
}

type eventsOutput struct {
	Status int
	Body   eventResults
}

// eventResults says what became of each event of a request.
type eventResults struct {
	Accepted  int           `json:"accepted" doc:"Events that Kafka has acknowledged"`
	Duplicate int           `json:"duplicate" doc:"Events whose id an earlier one of the request has, of the same user and post"`
	Rejected  int           `json:"rejected" doc:"Events that are none, or not the caller's to send"`
	Items     []eventResult `json:"items" nullable:"false" doc:"One for each event, in the order of the request"`
}

type eventResult struct {
	Status  string `json:"status" enum:"accepted,duplicate,rejected"`
	EventID string `json:"event_id,omitempty" doc:"The event's own id, or the one that is derived from user, post, action and time"`
	Reason  string `json:"reason,omitempty" doc:"Of a rejected event: missing_field, invalid_field, malformed, wrong_type, too_large, future, or not_yours" example:"missing_field"`
	Detail  string `json:"detail,omitempty" doc:"What is wrong, for people"`
}

// What becomes of an event.
const (
	eventAccepted  = "accepted"
	eventDuplicate = "duplicate"
	eventRejected  = "rejected"

	reasonNotYours = "not_yours"
)

func routeEvents(ops huma.API, d Deps) {
	cfg := d.EventLimits
	huma.Register(ops, huma.Operation{
		OperationID: "post-events",
		Method:      http.MethodPost,
		Path:        "/v1/events",
		Summary:     "Send events",
		Description: "One event, or an array of up to " + strconv.Itoa(cfg.MaxEvents) + ". The answer comes when Kafka has acknowledged them. " +
			"A user may send its own events only; a service may send any.",
		Tags:             []string{"Events"},
		DefaultStatus:    http.StatusAccepted,
		MaxBodyBytes:     cfg.MaxBytes + 1, // the first that is too many
		BodyReadTimeout:  d.Config.RequestTimeout,
		SkipValidateBody: true, // each event is judged by itself
		Security:         []map[string][]string{{tokenScheme: {}}},
		Middlewares:      huma.Middlewares{needsToken(d.Callers), asJSON, withRoom(cfg)},
		Errors: []int{
			http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
			http.StatusUnsupportedMediaType, http.StatusServiceUnavailable,
		},
	}, func(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
		caller, _ := CallerOf(ctx)
		if caller.Role == RoleOperator {
			return nil, problem(problemForbidden, http.StatusForbidden, "Operators send no events: they are users' and services'.")
		}
		raw, err := splitEvents(in.RawBody, cfg.MaxEvents)
		if err != nil {
			return nil, err
		}
		results, accepted := judgeEvents(raw, caller, d.latest())
		if err := sendEvents(ctx, d.Ingest, accepted, d.Log); err != nil {
			return nil, err
		}
		return &eventsOutput{http.StatusAccepted, results}, nil
	})
	// huma says of a body that it does not decode itself that it is binary
	ops.OpenAPI().Paths["/v1/events"].Post.RequestBody = eventsBody(ops, cfg.MaxEvents)
}

func sendEvents(ctx context.Context, to Ingest, events []*schemas.Event, log *slog.Logger) error {
	if len(events) == 0 {
		return nil
	}
	err := ErrIngestAway
	if to != nil {
		err = to.Send(ctx, events)
	}
	if err == nil {
		return nil
	}
	if !errors.Is(err, ErrIngestAway) {
		log.ErrorContext(ctx, "sending events", "error", err)
	}
	return huma.ErrorWithHeaders(
		problem(problemUnavailable, http.StatusServiceUnavailable, "Kafka has not acknowledged the events in time. Send the whole request again: events that were written after all are recognised by their ids."),
		http.Header{"Retry-After": {"1"}},
	)
}

// latest returns the latest time that an event may have, Unix ms.
func (d *Deps) latest() int64 {
	return d.Now().Add(d.EventLimits.Ahead).UnixMilli()
}

// judgeEvents says of each event what becomes of it if Kafka takes those that are accepted. None may be of a time after
// latest, Unix ms.
func judgeEvents(raw [][]byte, caller Caller, latest int64) (results eventResults, accepted []*schemas.Event) {
	results.Items = make([]eventResult, 0, len(raw))
	type name struct{ key, id string } // as dedup knows repeats
	known := make(map[name]bool, len(raw))
	for _, value := range raw {
		r := eventResult{Status: eventAccepted}
		event, bad := schemas.DecodeEventJSON(value)
		switch {
		case bad != nil:
			r = eventResult{Status: eventRejected, Reason: string(bad.Reason), Detail: bad.Detail}
		case !caller.Speaks(event.UserID):
			r = eventResult{Status: eventRejected, EventID: event.EventID, Reason: reasonNotYours, Detail: "user_id: the token is another user's"}
		case event.EventTime > latest:
			r = eventResult{Status: eventRejected, EventID: event.EventID, Reason: string(schemas.ReasonFuture), Detail: "event_time: too far ahead of this server's clock"}
		case known[name{event.Key(), event.EventID}]:
			r = eventResult{Status: eventDuplicate, EventID: event.EventID}
		default:
			r.EventID = event.EventID
			known[name{event.Key(), event.EventID}] = true
			accepted = append(accepted, event)
		}
		switch r.Status {
		case eventAccepted:
			results.Accepted++
		case eventDuplicate:
			results.Duplicate++
		default:
			results.Rejected++
		}
		results.Items = append(results.Items, r)
	}
	return results, accepted
}
