package clickhouse

import (
	"errors"
	"net/url"
	"regexp"
)

// addressOnly leaves of URLs in an error's text what says which server was asked. The driver puts the user, the settings
// and parameters of queries into them.
func addressOnly(err error) error {
	if _, asked := errors.AsType[*url.Error](err); !asked {
		return err
	}
	return &addressed{err, longURL.ReplaceAllString(err.Error(), "$1$2")}
}

var longURL = regexp.MustCompile(`(https?://)(?:[^@/?"\s]*@)?([^/?"\s]*)[^"\s]*`)

type addressed struct {
	error
	text string
}

func (e *addressed) Error() string { return e.text }

func (e *addressed) Unwrap() error { return e.error }
