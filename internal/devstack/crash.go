package devstack

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
)

// SignalClickHouse sends a signal to the ClickHouse process, for tests of those who depend on it: SIGSTOP and SIGCONT
// freeze it and let it go on. After SIGKILL it is gone when the call returns, and RestartClickHouse brings it back.
func (s *Stack) SignalClickHouse(signal syscall.Signal) error {
	if s.clickhouse == nil {
		return errors.New("devstack: ClickHouse does not run")
	}
	if signal == syscall.SIGKILL {
		if err := s.clickhouse.child.kill(); err != nil {
			return fmt.Errorf("killing ClickHouse: %w", err)
		}
		return nil
	}
	if err := syscall.Kill(s.clickhouse.child.command.Process.Pid, signal); err != nil {
		return fmt.Errorf("signalling ClickHouse: %w", err)
	}
	return nil
}

// RestartClickHouse starts ClickHouse again on its data and address after it was killed, and returns when it answers.
func (s *Stack) RestartClickHouse(ctx context.Context) error {
	cfg := s.cfg
	cfg.ClickHouseAddr = s.clickhouse.addr
	started, err := startClickHouse(ctx, cfg, filepath.Join(s.cfg.DataDir, "clickhouse"), &Timings{})
	if err != nil {
		return err
	}
	s.clickhouse.child = started.child // the address is the same, and may be read meanwhile
	return nil
}
