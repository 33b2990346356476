package streams

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// errTaken says that another has joined under this one's name. Who of the two is to go on is asked before the next session.
var errTaken = errors.New("streams: another process has joined under this one's name")

// started is when this process was.
var started = time.Now()

// clientID is what a member is called: the coordinator tells others of it, and so they learn who was started later.
func (c *Config) clientID() string {
	born := c.Started
	if born.IsZero() {
		born = started
	}
	return c.ClientID + "@" + strconv.FormatInt(born.UnixNano(), 36)
}

// bornAfter reports whether the process of one client id was started after that of another. One that does not say so was
// started before all that do.
func bornAfter(one, other string) bool {
	born := func(id string) int64 {
		_, text, _ := strings.Cut(id, "@")
		at, _ := strconv.ParseInt(text, 36, 64) // 0 for what is none
		return at
	}
	return born(one) > born(other)
}

// checkName returns ErrFenced if a process that was started later has this one's name. One that was started before is
// replaced by the join to come, whichever of the two came last: so of two processes under one name, which meet in several
// groups, it is the same one in each that ends. A stage that has not been in the group yet takes the name from whoever
// has it; that is how a process is replaced. Clocks of two hosts may disagree by less than the time between two starts.
func (se *session) checkName(ctx context.Context) error {
	if se.stage.memberID() == "" {
		return nil
	}
	holder, err := se.holder(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("asking who is %q in %s: %w", se.instance, se.group, err)
	case bornAfter(holder, se.cfg.clientID()):
		return se.fenced()
	}
	return nil
}

// holder returns the client id of the member that has this instance's name, "" for none.
func (se *session) holder(ctx context.Context) (clientID string, err error) {
	groups, err := kadm.NewClient(se.admin).DescribeGroups(ctx, se.group)
	if err != nil {
		return "", err
	}
	g := groups[se.group]
	if g.Err != nil {
		return "", g.Err
	}
	for _, m := range g.Members {
		if m.InstanceID != nil && *m.InstanceID == se.instance {
			clientID = m.ClientID
		}
	}
	return clientID, nil
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
