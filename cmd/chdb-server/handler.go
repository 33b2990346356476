package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// handler is ClickHouse's HTTP interface: GET or POST to any path runs a statement; /ping says "Ok.".
type handler struct {
	engine *engine
	slots  chan struct{} // one per query that may run
}

func newHandler(e *engine, queries int) http.Handler {
	return &handler{e, make(chan struct{}, queries)}
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		refuse(w, &exception{Code: badArguments, Text: fmt.Sprintf("Cannot read the parameters: %v", err)})
		return
	}
	if r.URL.Path == "/ping" || r.URL.Path == "/" && r.Method == http.MethodGet && !params.Has("query") {
		_, _ = io.WriteString(w, "Ok.\n") // the client is gone
		return
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-r.Context().Done():
		return
	}
	if id := params.Get("query_id"); id != "" {
		w.Header().Set("X-ClickHouse-Query-Id", id)
	}
	if err := h.answer(w, r, params); err != nil {
		refuse(w, err)
	}
}

// answer runs the statement and sends its result. An error it returns has not been answered.
func (h *handler) answer(w http.ResponseWriter, r *http.Request, params url.Values) error {
	body, err := readBody(r, params)
	if err != nil {
		return err
	}
	s := newStatement(params, body)
	if err := s.check(); err != nil {
		return err
	}
	run := h.engine.run
	if isHello(s.sql) {
		run = h.engine.hello
	}
	return run(s, func(result []byte) error {
		w.Header().Set("Content-Type", "application/octet-stream")
		send(w, result, params)
		return nil
	})
}

// refuse sends an error as ClickHouse does: the code in a header, the text in the body.
func refuse(w http.ResponseWriter, err error) {
	var e *exception
	if !errors.As(err, &e) {
		e = &exception{Code: unknownException, Text: err.Error()}
	}
	w.Header().Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	w.WriteHeader(e.status())
	_, _ = io.WriteString(w, e.Error()+"\n") // the client is gone
}
