package streams

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// checkName returns ErrFenced if another process has taken this one's name since it last was in the group: it would be
// the other that has to end, were this one to join again. A stage that has not been in the group yet takes the name from
// whoever has it; that is how a process is replaced.
//
// The name may be held by an id that is this stage's own: the coordinator gave it, and the answer was lost. Nobody speaks
// for such a member, so it is missed after a session. One that is still there then has somebody who does.
//
// Between this and the join lies a moment in which another may still come, and is replaced.
func (se *session) checkName(ctx context.Context) error {
	mine := se.stage.memberID()
	if mine == "" {
		return nil
	}
	var other string
	var since time.Time
	var asked int32 // the coordinator of the last time
	for {
		began := time.Now()
		holder, coordinator, moving, err := se.holder(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("asking who is %q in %s: %w", se.instance, se.group, err)
		case holder == "" || holder == mine:
			return nil
		case other == "":
			se.cfg.Log.WarnContext(ctx, "the coordinator knows another under this instance's name; waiting whether it speaks", "group", se.group, "instance", se.instance)
			other, since, asked = holder, time.Now(), coordinator
		case holder != other: // that one speaks
			return se.fenced()
		case moving || coordinator != asked || time.Since(began) > time.Second: // members have their whole session anew
			since, asked = time.Now(), coordinator
		case time.Since(since) > se.cfg.SessionTimeout+time.Second: // a coordinator looks once in a while
			return se.fenced()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the name %q in %s: %w", se.instance, se.group, ctx.Err())
		case <-time.After(se.cfg.heartbeat()):
		}
	}
}

// holder returns the id of the member that has this instance's name, "" for none, the broker that says so, and whether
// the group is about to move partitions.
func (se *session) holder(ctx context.Context) (id string, coordinator int32, moving bool, err error) {
	groups, err := kadm.NewClient(se.admin).DescribeGroups(ctx, se.group)
	if err != nil {
		return "", 0, false, err
	}
	g := groups[se.group]
	if g.Err != nil {
		return "", 0, false, g.Err
	}
	for _, m := range g.Members {
		if m.InstanceID != nil && *m.InstanceID == se.instance {
			id = m.MemberID
		}
	}
	return id, g.Coordinator.NodeID, g.State == "PreparingRebalance", nil
}

// remember keeps the id under which the coordinator last knew this stage.
func (se *session) remember(member *kgo.Client) {
	if id, _ := member.GroupMetadata(); id != "" {
		se.stage.mu.Lock()
		se.stage.member = id
		se.stage.mu.Unlock()
	}
}

// memberID returns what was remembered, "" before the stage was ever in its group.
func (s *Stage) memberID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.member
}

// leave takes the member out of the group at once; a static member would be waited for. It is named by its
// id, so that a process that has taken over the name stays.
func (se *session) leave() {
	mine := se.stage.memberID()
	if mine == "" { // it has not been in the group
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	m, reason := kmsg.NewLeaveGroupRequestMember(), "stopping"
	m.MemberID, m.Reason = mine, &reason
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group, req.Members = se.group, append(req.Members, m)
	resp, err := req.RequestWith(ctx, se.admin)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	if err == nil && len(resp.Members) == 1 {
		err = kerr.ErrorForCode(resp.Members[0].ErrorCode)
	}
	if err != nil && !errors.Is(err, kerr.UnknownMemberID) { // it was replaced, or missed already
		se.cfg.Log.Warn("leaving the group; its partitions wait for the session to time out", "group", se.group, "err", err)
	}
}
