package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/proto"
)

// helloQuery is the first query of clickhouse-go over HTTP.
const helloQuery = "SELECT displayName(), version(), revision(), timezone()"

func isHello(sql []byte) bool {
	return strings.TrimSpace(string(sql[:min(len(sql), 2*len(helloQuery))])) == helloQuery
}

// hello answers the hello query with revision 0. A ClickHouse server writes Native results in the layout of the revision
// the client names; chDB writes that of revision 0 only. The client reads this first answer in its own layout and all
// others in that of the revision it is told here.
func (e *engine) hello(s statement, use func(result []byte) error) error {
	var revision int
	if v := s.protocol; v != "" {
		var err error
		if revision, err = strconv.Atoi(v); err != nil {
			return &exception{Code: incorrectData, Text: fmt.Sprintf("client_protocol_version must be a number, is %q", v)}
		}
	}
	var zone string
	s.sql, s.format = []byte("SELECT timezone()"), "TSVRaw"
	err := e.run(s, func(result []byte) error {
		zone = strings.TrimSpace(string(result))
		return nil
	})
	if err != nil {
		return err
	}
	block, err := helloBlock(revision, e.version, zone)
	if err != nil {
		return err
	}
	return use(block)
}

// helloBlock encodes the answer in the layout of the client's revision.
func helloBlock(revision int, version, zone string) ([]byte, error) {
	text := func(name, value string) proto.InputColumn {
		c := new(proto.ColStr)
		c.Append(value)
		return proto.InputColumn{Name: name, Data: c}
	}
	var buf proto.Buffer
	block := proto.Block{Info: proto.BlockInfo{BucketNum: -1}, Columns: 4, Rows: 1}
	err := block.EncodeBlock(&buf, revision, []proto.InputColumn{
		text("displayName()", "chdb-server"),
		text("version()", version),
		{Name: "revision()", Data: &proto.ColUInt32{0}},
		text("timezone()", zone),
	})
	if err != nil {
		return nil, fmt.Errorf("encoding the hello: %w", err)
	}
	return buf.Buf, nil
}
