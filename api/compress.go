package api

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// minCompressed is how large an answer must be to be worth compressing, in bytes: it then saves a packet.
const minCompressed = 1400

// compressed packs the answers of next for clients that take gzip. Streams are not among them.
func compressed(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(minCompressed))
	if err != nil {
		return next // the options are constants and right
	}
	return wrap(next)
}
