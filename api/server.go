package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Server serves a Handler: Listen, then Run until its context ends, then Close.
type Server struct {
	cfg      Config
	handler  *Handler
	http     *http.Server
	listener net.Listener
	log      *slog.Logger
}

// NewServer returns a server that does nothing yet.
func NewServer(cfg Config, handler *Handler, log *slog.Logger) *Server {
	return &Server{cfg: cfg, handler: handler, log: log, http: &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      cfg.RequestTimeout + 10*time.Second, // a stream moves its own deadline on
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
}

// Listen takes the address.
func (s *Server) Listen(ctx context.Context) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", s.cfg.Addr, err)
	}
	s.listener = listener
	return nil
}

// Addr returns the host:port in use, after Listen.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Run serves until ctx ends, then lets running requests finish within the drain timeout and returns nil. It listens
// first if Listen was not called.
func (s *Server) Run(ctx context.Context) error {
	if s.listener == nil {
		if err := s.Listen(ctx); err != nil {
			return err
		}
	}
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	s.log.InfoContext(ctx, "serving HTTP", "addr", s.Addr())
	select {
	case err := <-failed:
		return fmt.Errorf("serving HTTP: %w", err)
	case <-ctx.Done():
	}
	s.handler.EndStreams()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.DrainTimeout)
	defer cancel()
	err := s.http.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.WarnContext(drain, "requests cut short at the drain timeout")
		err = s.http.Close()
	}
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err != nil {
		return fmt.Errorf("draining HTTP: %w", err)
	}
	return nil
}

// Close frees the address and ends every connection at once. It may be called at any time, and again.
func (s *Server) Close() error {
	s.handler.EndStreams()
	err := s.http.Close()
	if s.listener != nil {
		if lerr := s.listener.Close(); lerr != nil && !errors.Is(lerr, net.ErrClosed) {
			err = errors.Join(err, lerr)
		}
	}
	if err != nil {
		return fmt.Errorf("closing HTTP: %w", err)
	}
	return nil
}
