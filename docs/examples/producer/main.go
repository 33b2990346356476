// Command producer sends events to Nova Streams over HTTP: JSON Lines from standard input, in batches.
//
//	producer -url http://127.0.0.1:8080 -token "$TOKEN" < events.jsonl
//
// It sends a batch again, as it is, until it is taken, and says on standard error why: what was written after all is
// recognised by its event_id. Events that are rejected are printed; sending them again would not help.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "producer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out, complaints io.Writer) error {
	flags := flag.NewFlagSet("producer", flag.ContinueOnError)
	to := flags.String("url", "http://127.0.0.1:8080", "of Nova Streams")
	token := flags.String("token", "", "a service's, or that of the user whose events they are")
	size := flags.Int("batch", 500, "events of a request, at most 1000")
	timeout := flags.Duration("timeout", 30*time.Second, "for one request; then it is sent again")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *size < 1 || *size > 1000 {
		return fmt.Errorf("-batch must be within 1 and 1000, is %d", *size)
	}
	p := producer{client: &http.Client{Timeout: *timeout}, url: *to + "/v1/events", token: *token, out: out, complaints: complaints}
	batch := make([]json.RawMessage, 0, *size)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		batch = append(batch, bytes.Clone(line))
		if len(batch) == *size {
			if err := p.send(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading events: %w", err)
	}
	if len(batch) > 0 {
		if err := p.send(ctx, batch); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%d accepted, %d duplicate, %d rejected\n", p.accepted, p.duplicate, p.rejected)
	return err
}

type producer struct {
	client     *http.Client
	url, token string
	out        io.Writer
	complaints io.Writer // why a batch is sent again

	accepted, duplicate, rejected int
}

// results is the answer to a batch.
type results struct {
	Accepted, Duplicate, Rejected int
	Items                         []struct{ Status, Reason, Detail string }
}

// Waits before a batch is sent again: the first, and the longest. Each is twice the one before.
const (
	firstWait   = 250 * time.Millisecond
	longestWait = 30 * time.Second
)

// send sends a batch until it is taken.
func (p *producer) send(ctx context.Context, batch []json.RawMessage) error {
	body, err := json.Marshal(batch)
	if err != nil {
		return fmt.Errorf("encoding a batch: %w", err)
	}
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		taken, again, err := p.try(ctx, body)
		if err != nil {
			return err
		}
		if taken != nil {
			p.accepted, p.duplicate, p.rejected = p.accepted+taken.Accepted, p.duplicate+taken.Duplicate, p.rejected+taken.Rejected
			for i, item := range taken.Items {
				if item.Status == "rejected" {
					fmt.Fprintf(p.out, "rejected: %s: %s: %s\n", item.Reason, item.Detail, batch[i])
				}
			}
			return nil
		}
		pause := max(wait, again.after)
		fmt.Fprintf(p.complaints, "sending again in %v: %s\n", pause.Round(time.Millisecond), again.why)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// again says why a batch is to be sent again, and the wait that was asked for, if any.
type again struct {
	why   string
	after time.Duration
}

// try sends a batch once. If it is to be sent again there are no results.
func (p *producer) try(ctx context.Context, body []byte) (*results, again, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return nil, again{}, fmt.Errorf("making a request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.token)
	res, err := p.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, again{}, context.Cause(ctx)
		}
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without method and address, which are the same each time
		}
		return nil, again{why: err.Error()}, nil // nobody is there, or too slow: later
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	switch {
	case err != nil: // the answer was cut
		return nil, again{why: err.Error()}, nil
	case isLater(res.StatusCode):
		return nil, again{res.Status, retryAfter(res.Header)}, nil
	case res.StatusCode != http.StatusAccepted:
		return nil, again{}, errors.New(string(text)) // the whole request is wrong
	}
	taken := &results{}
	if err := json.Unmarshal(text, taken); err != nil {
		return nil, again{}, fmt.Errorf("reading an answer: %w", err)
	}
	return taken, again{}, nil
}

// isLater reports whether an answer says nothing against the request. 502 and 504 are those of a proxy.
func isLater(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// retryAfter reads the wait that an answer asks for, in seconds or until a time; 0 if it asks for none.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return time.Until(at)
	}
	return 0
}
