package chaos

import (
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// readFrame reads a request or a response without its length.
func readFrame(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	f := make([]byte, binary.BigEndian.Uint32(size[:]))
	_, err := io.ReadFull(r, f)
	return f, err
}

// frame puts the length before a request or a response.
func frame(f []byte) []byte {
	return append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(f)), uint32(len(f))), f...)
}

// said is what was asked on a connection and not answered yet. Without it an answer cannot be read.
type said struct {
	front map[string]*net.TCPAddr

	mu    sync.Mutex
	asked map[uint32][2]int16 // key and version by correlation id
}

func newSaid(front map[string]*net.TCPAddr) *said {
	return &said{front: front, asked: map[uint32][2]int16{}}
}

func (s *said) request(f []byte) []byte {
	if len(f) >= 8 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked[binary.BigEndian.Uint32(f[4:])] = [2]int16{int16(binary.BigEndian.Uint16(f)), int16(binary.BigEndian.Uint16(f[2:]))}
	}
	return f
}

// answer returns the answer with every broker's address replaced by its front. What cannot be read stays as it is.
func (s *said) answer(f []byte) []byte {
	if len(f) < 5 {
		return f
	}
	s.mu.Lock()
	id := binary.BigEndian.Uint32(f)
	asked, ok := s.asked[id]
	delete(s.asked, id)
	s.mu.Unlock()
	if !ok {
		return f
	}
	var a kmsg.Response
	switch kmsg.Key(asked[0]) {
	case kmsg.Metadata, kmsg.FindCoordinator, kmsg.DescribeCluster, kmsg.Produce, kmsg.Fetch:
		a = kmsg.ResponseForKey(asked[0])
	default:
		return f
	}
	a.SetVersion(asked[1])
	head := 4
	if a.IsFlexible() {
		head++ // no tags
	}
	if err := a.ReadFrom(f[head:]); err != nil {
		return f
	}
	s.rename(a)
	return a.AppendTo(append(make([]byte, 0, len(f)+64), f[:head]...))
}

func (s *said) rename(a kmsg.Response) {
	switch a := a.(type) {
	case *kmsg.MetadataResponse:
		for i := range a.Brokers {
			s.to(&a.Brokers[i].Host, &a.Brokers[i].Port)
		}
	case *kmsg.DescribeClusterResponse:
		for i := range a.Brokers {
			s.to(&a.Brokers[i].Host, &a.Brokers[i].Port)
		}
	case *kmsg.FindCoordinatorResponse:
		s.to(&a.Host, &a.Port)
		for i := range a.Coordinators {
			s.to(&a.Coordinators[i].Host, &a.Coordinators[i].Port)
		}
	case *kmsg.ProduceResponse:
		for i := range a.Brokers {
			s.to(&a.Brokers[i].Host, &a.Brokers[i].Port)
		}
	case *kmsg.FetchResponse:
		for i := range a.Brokers {
			s.to(&a.Brokers[i].Host, &a.Brokers[i].Port)
		}
	}
}

func (s *said) to(host *string, port *int32) {
	if front := s.front[net.JoinHostPort(*host, strconv.Itoa(int(*port)))]; front != nil {
		*host, *port = front.IP.String(), int32(front.Port)
	}
}
