package jobs

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
)

// Specs are the named jobs of the configuration.
type Specs map[string]Spec

// Spec is one of them. What its kind does not take is at its zero value: see Settings.
type Spec struct {
	Kind     string        // what it does
	Enabled  bool          // whether it runs
	Interval time.Duration // between the begins of two runs
	Timeout  time.Duration // for one try
	Retries  int           // tries after the first that failed, all within the interval

	TTL     time.Duration // life of the key after its last write
	Key     string        // where the result lies in Redis
	SQL     string        // the query
	SQLFile string        // file with the query, read at each run; relative to the file of the configuration
	MaxRows int           // a result of more rows is an error
	Hours   int           // hours that count, the one that has begun among them
	Limit   int           // posts of the list
	Users   int           // readers at most, the most active ones
	Since   time.Duration // how far back readers count as active
	Views   []string      // which views must not lag; empty for all but the mirrors
	MaxAge  time.Duration // lag from which the run fails
}

// defaultTimeout is for one try, where the interval is not shorter.
const defaultTimeout = 30 * time.Second

// Complete returns the job with Timeout and TTL derived from the interval where they are 0.
func (s Spec) Complete() Spec {
	if s.Timeout == 0 {
		s.Timeout = min(defaultTimeout, s.Interval)
	}
	if s.TTL == 0 && slices.Contains(Settings(s.Kind), "ttl") {
		s.TTL = 2 * s.Interval
	}
	return s
}

// version is another one for each other spec.
func (s Spec) version() string {
	return strconv.FormatUint(xxhash.Sum64String(fmt.Sprintf("%#v", s)), 16)
}

// Bounds of settings.
const (
	maxRetries = 20
	maxKey     = 512 // bytes
	maxRows    = 100_000
	maxHours   = 168
	maxLimit   = 100
	maxUsers   = 1000 // as many as may wait for Redis
)

var (
	name = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)
	key  = regexp.MustCompile(`^[!-~]+$`)
)

// ownNames are those of jobs that processes have by themselves.
var ownNames = []string{"views", "repair", "reconcile"}

// Validate names the first setting that breaks its rule. Jobs must be complete.
func (s Specs) Validate() error {
	keys := map[string]string{}
	for _, n := range slices.Sorted(maps.Keys(s)) {
		spec := s[n]
		switch {
		case !name.MatchString(n):
			return fmt.Errorf("jobs: the name of a job must be up to 64 of a-z, 0-9, _ and -, beginning with a letter, is %q", n)
		case slices.Contains(ownNames, n):
			return fmt.Errorf("jobs: %s is the name of a job that processes have by themselves", n)
		}
		if err := spec.validate(); err != nil {
			return fmt.Errorf("jobs.%s.%w", n, err)
		}
		if spec.Key != "" && keys[spec.Key] != "" {
			return fmt.Errorf("jobs.%s.key must be of no other job, is that of %s", n, keys[spec.Key])
		}
		keys[spec.Key] = n
	}
	return nil
}

// validate begins its errors with the name of the setting.
func (s Spec) validate() error {
	switch {
	case Settings(s.Kind) == nil:
		return fmt.Errorf("kind must be one of %s, is %q", strings.Join(Kinds(), ", "), s.Kind)
	case s.Interval < time.Second:
		return fmt.Errorf("interval must be at least 1s, is %v", s.Interval)
	case s.Timeout < time.Millisecond || s.Timeout > s.Interval:
		return fmt.Errorf("timeout must be from 1ms to interval (%v), is %v", s.Interval, s.Timeout)
	case s.Retries < 0 || s.Retries > maxRetries:
		return fmt.Errorf("retries must be from 0 to %d, is %d", maxRetries, s.Retries)
	}
	switch s.Kind {
	case SQLToRedis:
		if err := within("max_rows", s.MaxRows, maxRows); err != nil {
			return err
		}
		return cmp.Or(s.validateKey(), s.validateQuery())
	case TrendingFallback:
		if err := within("hours", s.Hours, maxHours); err != nil {
			return err
		}
		return cmp.Or(s.validateKey(), within("limit", s.Limit, maxLimit))
	case SuggestionWarmup:
		if s.Since < time.Minute {
			return fmt.Errorf("since must be at least 1m, is %v", s.Since)
		}
		return within("users", s.Users, maxUsers)
	case ViewFreshness:
		if s.MaxAge < time.Second {
			return fmt.Errorf("max_age must be at least 1s, is %v", s.MaxAge)
		}
	}
	return nil
}

func within(setting string, value, most int) error {
	if value < 1 || value > most {
		return fmt.Errorf("%s must be from 1 to %d, is %d", setting, most, value)
	}
	return nil
}

// taken are where the rest of the program keeps what is its own: a job that wrote there would break it.
var taken = []string{"feed:", "nova:job:", diaryKey, "nova:cache:trending:", "nova:cache:suggested_users:"}

func (s Spec) validateKey() error {
	switch {
	case len(s.Key) > maxKey || !key.MatchString(s.Key):
		return fmt.Errorf("key must be 1 to %d visible ASCII characters, is %q", maxKey, s.Key)
	case slices.ContainsFunc(taken, func(prefix string) bool { return strings.HasPrefix(s.Key, prefix) }):
		return fmt.Errorf("key must not begin with one of %q, where others write, is %q", taken, s.Key)
	case s.TTL < time.Second:
		return fmt.Errorf("ttl must be at least 1s, is %v", s.TTL)
	}
	return nil
}

func (s Spec) validateQuery() error {
	if (s.SQL == "") == (s.SQLFile == "") {
		return errors.New("sql or sql_file must be given, one of them")
	}
	_, err := s.Query()
	return err
}

// formatClause is what the server would obey and the driver could not read.
var formatClause = regexp.MustCompile(`(?i)\sFORMAT\s+[A-Za-z]\w*$`)

// Query returns the query, from its file if it has one.
func (s Spec) Query() (string, error) {
	text, setting := s.SQL, "sql"
	if s.SQLFile != "" {
		setting = "sql_file"
		read, err := os.ReadFile(s.SQLFile)
		if err != nil {
			return "", fmt.Errorf("sql_file: reading the query: %w", err)
		}
		text = string(read)
	}
	text = strings.TrimRight(text, "; \t\r\n")
	switch {
	case strings.TrimSpace(text) == "":
		return "", fmt.Errorf("%s must be a query, is empty", setting)
	case formatClause.MatchString(text):
		return "", fmt.Errorf("%s must not say FORMAT", setting)
	}
	return text, nil
}
