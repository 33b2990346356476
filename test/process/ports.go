package process

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports for servers lie below those that Linux gives to clients. Out of its range a client that keeps dialling a server
// that is down may be given that very port, and then talks to itself while the server cannot come back.
const (
	firstPort = 20000
	lastPort  = 32000
)

// FreePorts returns n different ports that are free now.
func FreePorts(ctx context.Context, n int) (ports []int, err error) {
	for tries := 0; len(ports) < n; tries++ {
		if tries == 1000 {
			return nil, errors.Join(fmt.Errorf("looking for %d free ports from %d to %d: found %d", n, firstPort, lastPort, len(ports)), err)
		}
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		var listener net.Listener
		if listener, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:"+strconv.Itoa(port)); err != nil {
			continue
		}
		defer listener.Close() // not before all are found, so that they differ
		ports = append(ports, port)
	}
	return ports, nil
}
