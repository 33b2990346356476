package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/ClickHouse/ch-go/compress"
)

// readBody reads a request's body, unpacked if decompress=1 says it is in ClickHouse's own compression.
func readBody(r *http.Request, params url.Values) ([]byte, error) {
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, &exception{Code: notImplemented, Text: "chdb-server does not read Content-Encoding " + e}
	}
	var from io.Reader = r.Body
	if params.Get("decompress") == "1" {
		from = compress.NewReader(r.Body)
	}
	body, err := io.ReadAll(from)
	// The compressed reader says where the end came; at the start of a block it is the end of the data.
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &exception{Code: incorrectData, Text: fmt.Sprintf("Cannot read the request: %v", err)}
	}
	return body, nil
}

// maxCompressed is how much of a result is compressed into one block, bytes.
const maxCompressed = 1 << 20

// send writes a result, packed if compress=1 asks for it. The client may be gone; nobody is left to tell.
func send(w io.Writer, result []byte, params url.Values) {
	if params.Get("compress") != "1" {
		_, _ = w.Write(result)
		return
	}
	method := compress.LZ4
	if params.Get("network_compression_method") == "ZSTD" {
		method = compress.ZSTD
	}
	packer := compress.NewWriter(compress.LevelZero, method)
	for len(result) > 0 {
		n := min(len(result), maxCompressed)
		if err := packer.Compress(result[:n]); err != nil {
			panic(http.ErrAbortHandler) // cuts the answer short, so that the client sees it is not whole
		}
		if _, err := w.Write(packer.Data); err != nil {
			return
		}
		result = result[n:]
	}
}
