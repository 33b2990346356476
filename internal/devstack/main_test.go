package devstack_test

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is also the program that tests start to kill it.
func TestMain(m *testing.M) {
	if dir := os.Getenv("DEVSTACK_TEST_BROKER_DIR"); dir != "" {
		brokerProcess(dir)
	}
	if dir := os.Getenv("DEVSTACK_TEST_STACK_DIR"); dir != "" {
		stackProcess(dir)
	}
	if os.Getenv("DEVSTACK_TEST_PING") != "" {
		pingProcess(os.Args[1])
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick")) // sarama's, for ever
}

// pingProcess answers "Ok." on a port and ends on SIGTERM.
func pingProcess(port string) {
	ok := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "Ok.") }
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() { panic(http.ListenAndServe("127.0.0.1:"+port, http.HandlerFunc(ok))) }()
	<-stop
	os.Exit(0)
}
