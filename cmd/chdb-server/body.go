package main

import (
	"bytes"
	"encoding/binary"
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
	body, err := io.ReadAll(r.Body)
	if err == nil && params.Get("decompress") == "1" {
		body, err = unpack(body)
	}
	if err != nil {
		return nil, &exception{Code: incorrectData, Text: fmt.Sprintf("Cannot read the request: %v", err)}
	}
	return body, nil
}

// A compressed block is a checksum, and the size of what follows that after one byte for the method, little endian.
const (
	blockChecksum = 16
	blockSizeAt   = blockChecksum + 1
)

// unpack decompresses whole blocks.
func unpack(packed []byte) ([]byte, error) {
	// The reader takes a block cut short after its header for the end.
	for at := 0; at < len(packed); {
		if len(packed)-at < blockSizeAt+4 {
			return nil, io.ErrUnexpectedEOF
		}
		at += blockChecksum + int(binary.LittleEndian.Uint32(packed[at+blockSizeAt:]))
		if at > len(packed) {
			return nil, io.ErrUnexpectedEOF
		}
	}
	data, err := io.ReadAll(compress.NewReader(bytes.NewReader(packed)))
	if errors.Is(err, io.EOF) { // wrapped, at the end of the last block
		err = nil
	}
	return data, err
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
