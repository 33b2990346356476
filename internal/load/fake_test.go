package load

import (
	"sync"

	"github.com/IBM/sarama"
)

// fakeProducer acknowledges in order, one by one, once hold is closed (or nil).
type fakeProducer struct {
	sarama.AsyncProducer
	input  chan *sarama.ProducerMessage
	acks   chan *sarama.ProducerMessage
	errs   chan *sarama.ProducerError
	hold   chan struct{}
	refuse func(*sarama.ProducerMessage) bool
	seen   func(key, value []byte) // nil for nobody
	start  sync.Once
	closed sync.Once
}

func acker() *fakeProducer {
	return &fakeProducer{
		input: make(chan *sarama.ProducerMessage), acks: make(chan *sarama.ProducerMessage), errs: make(chan *sarama.ProducerError),
		refuse: func(*sarama.ProducerMessage) bool { return false },
	}
}

func (p *fakeProducer) run() {
	for m := range p.input {
		if p.hold != nil {
			<-p.hold
		}
		if p.seen != nil {
			key, _ := m.Key.Encode()
			value, _ := m.Value.Encode()
			p.seen(key, value)
		}
		if p.refuse(m) {
			p.errs <- &sarama.ProducerError{Msg: m, Err: sarama.ErrMessageSizeTooLarge}
		} else {
			p.acks <- m
		}
	}
	close(p.acks)
	close(p.errs)
}

func (p *fakeProducer) Input() chan<- *sarama.ProducerMessage {
	p.start.Do(func() { go p.run() })
	return p.input
}
func (p *fakeProducer) Successes() <-chan *sarama.ProducerMessage { return p.acks }
func (p *fakeProducer) Errors() <-chan *sarama.ProducerError      { return p.errs }
func (p *fakeProducer) AsyncClose()                               { p.closed.Do(func() { close(p.input) }) }
