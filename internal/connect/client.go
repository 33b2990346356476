package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxAnswer is more than Connect ever says.
const maxAnswer = 16 << 20

// Client calls Kafka Connect.
type Client struct {
	config Config
	base   *url.URL
	http   *http.Client
}

// New returns a client; it connects when it is used.
func New(config Config) (*Client, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	base, err := url.Parse(config.ConnectURL)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &Client{config: config, base: base, http: &http.Client{Timeout: config.Timeout}}, nil
}

// RefusedError is what Connect answers instead of doing what it is asked.
type RefusedError struct {
	Code    int    `json:"error_code"`
	Message string `json:"message"`
}

// Error is what Connect said, but for where it says it again.
func (e *RefusedError) Error() string {
	message, _, _ := strings.Cut(e.Message, "\nYou can also find")
	return fmt.Sprintf("Connect says (%d): %s", e.Code, strings.TrimSpace(message))
}

// isCode says whether Connect refused with an HTTP status.
func isCode(err error, code int) bool {
	refused, ok := errors.AsType[*RefusedError](err)
	return ok && refused.Code == code
}

// at is the address of a resource.
func (c *Client) at(path ...string) *url.URL { return c.base.JoinPath(path...) }

// isNotFound says whether Connect does not know what was asked for.
func isNotFound(err error) bool { return isCode(err, http.StatusNotFound) }

// call sends in, if it is not nil, and reads the answer into out, if that is not nil. An answer that is not 2xx is a
// *RefusedError.
func (c *Client) call(ctx context.Context, method string, at *url.URL, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encoding for Connect: %w", err)
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, at.String(), body)
	if err != nil {
		return fmt.Errorf("calling Connect: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := c.http.Do(request)
	if err != nil {
		if where, ok := errors.AsType[*url.Error](err); ok { // it says the address again
			err = where.Err
		}
		return fmt.Errorf("reaching Connect at %s: %w", c.base.Redacted(), err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading Connect's answer: %w", err)
	}
	if answer.StatusCode/100 != 2 {
		refused := &RefusedError{}
		if json.Unmarshal(text, refused) != nil || refused.Message == "" {
			refused.Message = answer.Status // something before Connect answered
		}
		refused.Code = answer.StatusCode
		return refused
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s does not answer as Connect does: %w", c.base.Redacted(), err)
	}
	return nil
}
