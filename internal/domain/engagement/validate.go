package engagement

import "fmt"

// Validate names the first weight that is negative: more of something never ranks a post lower.
func (w Weights) Validate() error {
	for _, f := range []struct {
		name string
		val  int64
	}{{"View", w.View}, {"Impression", w.Impression}, {"Like", w.Like}, {"Comment", w.Comment}, {"Share", w.Share}} {
		if f.val < 0 {
			return fmt.Errorf("engagement: %s must not be negative, is %d", f.name, f.val)
		}
	}
	return nil
}
