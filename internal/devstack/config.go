package devstack

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
)

// Part is one server of the stack, or several or-ed together.
type Part uint8

// The parts.
const (
	Kafka Part = 1 << iota
	Registry
	Redis
	ClickHouse
)

// Config says which parts run, where they listen and where they keep their data.
type Config struct {
	DataDir  string // what survives a restart; "" = a temporary directory, removed by Close
	CacheDir string // the chDB library and the chdb-server binary; must not be empty if ClickHouse runs

	KafkaAddr      string // host:port; port 0 = a free one; Kafka is advertised under this host
	RegistryAddr   string // host:port
	RedisAddr      string // host:port
	ClickHouseAddr string // host:port of the HTTP interface

	Without Part // parts left out

	Logger   *slog.Logger // what the servers have to say; must not be nil
	Progress func(string) // one line per step that takes long; must not be nil, is called from several goroutines
}

// DefaultConfig is for tests: all parts on free ports of the loopback interface, data in a temporary directory, silent.
func DefaultConfig() Config {
	const free = "127.0.0.1:0"
	return Config{
		CacheDir:       defaultCacheDir(),
		KafkaAddr:      free,
		RegistryAddr:   free,
		RedisAddr:      free,
		ClickHouseAddr: free,
		Logger:         slog.New(slog.DiscardHandler),
		Progress:       func(string) {},
	}
}

// Validate names the first field that breaks its rule.
func (c Config) Validate() error {
	for _, a := range []struct {
		field, addr string
		part        Part
	}{
		{"KafkaAddr", c.KafkaAddr, Kafka},
		{"RegistryAddr", c.RegistryAddr, Registry},
		{"RedisAddr", c.RedisAddr, Redis},
		{"ClickHouseAddr", c.ClickHouseAddr, ClickHouse},
	} {
		if !c.has(a.part) {
			continue
		}
		if host, port, err := net.SplitHostPort(a.addr); err != nil || host == "" || port == "" {
			return fmt.Errorf("devstack: %s must be host:port, is %q", a.field, a.addr)
		}
	}
	if c.has(ClickHouse) && c.CacheDir == "" {
		return errors.New(`devstack: CacheDir must be a directory when ClickHouse runs, is ""`)
	}
	if c.Logger == nil || c.Progress == nil {
		return errors.New("devstack: Logger and Progress must be set, one is nil")
	}
	return nil
}

func (c Config) has(p Part) bool { return c.Without&p == 0 }

// defaultCacheDir is nova-streams in the user's cache directory: $XDG_CACHE_HOME or ~/.cache.
func defaultCacheDir() string {
	base := os.Getenv("XDG_CACHE_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		base = filepath.Join(home, ".cache")
	}
	return filepath.Join(base, "nova-streams")
}
