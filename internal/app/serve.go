package app

import (
	"context"
	"fmt"

	"github.com/nova-social/nova-streams/api"
)

// buildOperations begins to serve health, metrics and status in a process without the API.
func (a *App) buildOperations(ctx context.Context) error {
	return a.serve(ctx, api.NewOperations(api.Deps{
		Config: a.cfg.HTTP, Version: a.opts.Version, Status: status{a.inspector, &a.here}, Ready: a.here.ready, Degraded: a.here.degraded, Metrics: a.metrics, Log: a.log,
	}))
}

// serve takes the address and answers at once, until the part that it adds ends or the program is closed.
func (a *App) serve(ctx context.Context, handler *api.Handler) error {
	server := api.NewServer(a.cfg.HTTP, handler, a.log)
	if err := server.Listen(ctx); err != nil {
		return fmt.Errorf("http.addr must be an address of this process alone: %w", err)
	}
	a.server = server
	a.onClose(server.Close)
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- server.Run(serving) }()
	a.onClose(func() error { stop(); return nil })
	a.add("http", func(ctx context.Context) error {
		select {
		case err := <-served:
			return err
		case <-ctx.Done():
			stop()
			return <-served
		}
	})
	return nil
}
