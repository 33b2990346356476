package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/require"
)

func TestSendAndReadBodyAreInverse(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789\n\n"), 300_000) // several blocks
	for _, body := range [][]byte{nil, []byte("x"), big} {
		for _, query := range []string{"", "compress=1&decompress=1", "compress=1&decompress=1&network_compression_method=ZSTD"} {
			var packed bytes.Buffer
			send(&packed, body, params(t, query))
			if len(body) > 1<<20 && query != "" {
				require.Less(t, packed.Len(), len(body)/10)
			}
			got, err := readBody(httptest.NewRequest(http.MethodPost, "/", &packed), params(t, query))
			require.NoError(t, err)
			require.True(t, bytes.Equal(body, got), query)
		}
	}
}

func TestReadBodyRefusesBrokenBlocks(t *testing.T) {
	packer := compress.NewWriter(compress.LevelZero, compress.LZ4)
	require.NoError(t, packer.Compress(bytes.Repeat([]byte("abc"), 1000)))
	for i := range packer.Data {
		broken := bytes.Clone(packer.Data)
		broken[i] ^= 1
		_, err := readBody(httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(broken)), params(t, "decompress=1"))
		var e *exception
		require.ErrorAs(t, err, &e, i)
		require.Equal(t, incorrectData, e.Code)
	}
	for n := 1; n < len(packer.Data); n++ {
		_, err := readBody(httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(packer.Data[:n])), params(t, "decompress=1"))
		require.Error(t, err, n)
	}
	request := httptest.NewRequest(http.MethodPost, "/", nil)
	request.Header.Set("Content-Encoding", "gzip")
	_, err := readBody(request, nil)
	require.ErrorContains(t, err, "gzip")
}

// TestHelloIsReadableAtTheClientsRevision reads it as a client of a new and of an old revision would.
func TestHelloIsReadableAtTheClientsRevision(t *testing.T) {
	require.True(t, isHello([]byte(helloQuery+"\n")))
	require.False(t, isHello([]byte(helloQuery+", 1")))
	for _, revision := range []int{0, 54483} {
		data, err := helloBlock(revision, "26.5.1.1", "UTC")
		require.NoError(t, err)
		var name, version, zone proto.ColStr
		var served proto.ColUInt32
		reader := proto.NewReader(bytes.NewReader(data))
		var block proto.Block
		if proto.FeatureBlockInfo.In(revision) {
			require.NoError(t, block.Info.Decode(reader))
		}
		require.NoError(t, block.DecodeRawBlock(reader, revision, proto.Results{
			{Name: "displayName()", Data: &name},
			{Name: "version()", Data: &version},
			{Name: "revision()", Data: &served},
			{Name: "timezone()", Data: &zone},
		}))
		require.Equal(t, "chdb-server", name.Row(0))
		require.Equal(t, "26.5.1.1", version.Row(0))
		require.Equal(t, uint32(0), served.Row(0))
		require.Equal(t, "UTC", zone.Row(0))
		_, err = reader.ReadByte()
		require.ErrorIs(t, err, io.EOF)
	}
}
