package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts requests by route. A nil *metrics counts nothing.
type metrics struct {
	seconds *prometheus.HistogramVec
}

func newMetrics(registry *prometheus.Registry) *metrics {
	if registry == nil {
		return nil
	}
	m := &metrics{seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "nova_http_request_seconds", Help: "Time to answer a request, by route.",
		Buckets: []float64{0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1, 5},
	}, []string{"route", "method", "code"})}
	registry.MustRegister(m.seconds)
	return m
}

func (m *metrics) answered(ctx context.Context, method string, status int, took time.Duration) {
	if m == nil {
		return
	}
	m.seconds.WithLabelValues(route(ctx), methodLabel(method), strconv.Itoa(status)).Observe(took.Seconds())
}

// methodLabel keeps the values few: clients can make methods up.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet:
		return "get"
	case http.MethodHead:
		return "head"
	case http.MethodPost:
		return "post"
	default:
		return "other"
	}
}

// route is the pattern a request matched: few values, whatever clients ask for.
func route(ctx context.Context) string { return chi.RouteContext(ctx).RoutePattern() }
