package consume

// Status is how a consumer is doing, for /v1/status. How far it is the brokers know.
type Status struct {
	State     string // one of commits.State…
	LastError string // of the first partition that tries again, or why the group was left last; "" again after the next batch
}

// Status returns how the consumer is doing now.
func (c *Consumer) Status() Status {
	state, lastErr := c.standing.Now()
	return Status{state, lastErr}
}
