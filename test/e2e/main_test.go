package e2e

import (
	"testing"

	"go.uber.org/goleak"
)

// What goka leaves behind when a view ends: it never closes its clients. go-metrics, under sarama, never stops its ticker.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/IBM/sarama.(*client).backgroundMetadataUpdater"),
		goleak.IgnoreAnyFunction("github.com/IBM/sarama.(*Broker).responseReceiver"),
		goleak.IgnoreAnyFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"),
	)
}
