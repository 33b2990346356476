package main

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is the part of chDB's C interface this program uses. A connection is a pointer to a handle; chdb_query_n takes
// the handle. Texts are passed with their length, so that they need no copy.
type library struct {
	connect    func(argc int32, argv **byte) *unsafe.Pointer
	disconnect func(connection *unsafe.Pointer)
	query      func(handle, sql unsafe.Pointer, length uintptr, format unsafe.Pointer, formatLength uintptr) unsafe.Pointer
	data       func(result unsafe.Pointer) *byte
	length     func(result unsafe.Pointer) uintptr
	failure    func(result unsafe.Pointer) string
	destroy    func(result unsafe.Pointer)
	signals    func(enabled int32)
}

func loadLibrary(path string) (*library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("loading the chDB library: %w", err)
	}
	var l library
	for _, f := range []struct {
		name string
		to   any
	}{
		{"chdb_connect", &l.connect},
		{"chdb_close_conn", &l.disconnect},
		{"chdb_query_n", &l.query},
		{"chdb_result_buffer", &l.data},
		{"chdb_result_length", &l.length},
		{"chdb_result_error", &l.failure},
		{"chdb_destroy_query_result", &l.destroy},
		{"chdb_set_signal_handlers_enabled", &l.signals},
	} {
		address, err := purego.Dlsym(handle, f.name)
		if err != nil {
			return nil, fmt.Errorf("loading the chDB library %s: %w", path, err)
		}
		purego.RegisterFunc(f.to, address)
	}
	// Its handlers for SIGSEGV and the like sleep for minutes before the process may die. Go's are lost as well: a nil
	// pointer ends the process instead of the request.
	l.signals(0)
	return &l, nil
}

// open connects to the databases in dir. The first connection starts the engine, the last one to close ends it.
func (l *library) open(dir string) (*connection, error) {
	arguments := []string{"clickhouse", "--path=" + dir}
	argv := make([]*byte, len(arguments))
	for i, a := range arguments {
		argv[i] = unsafe.StringData(a + "\x00")
	}
	handle := l.connect(int32(len(argv)), &argv[0])
	runtime.KeepAlive(argv)
	if handle == nil || *handle == nil {
		return nil, fmt.Errorf("opening the databases in %s: chDB refused without a reason", dir)
	}
	return &connection{l, handle}, nil
}

// connection is a session of its own: settings, parameters and the current database. It takes one query at a time;
// several connections work in parallel.
type connection struct {
	lib    *library
	handle *unsafe.Pointer
}

func (c *connection) close() { c.lib.disconnect(c.handle) }

// query runs one statement and passes the result in the given format to use, which must not keep it.
func (c *connection) query(sql []byte, format string, use func(result []byte) error) error {
	result := c.lib.query(*c.handle, unsafe.Pointer(unsafe.SliceData(sql)), uintptr(len(sql)),
		unsafe.Pointer(unsafe.StringData(format)), uintptr(len(format)))
	runtime.KeepAlive(sql)
	runtime.KeepAlive(format)
	if result == nil {
		return errors.New("chDB returned no result")
	}
	defer c.lib.destroy(result)
	if text := c.lib.failure(result); text != "" {
		return newException(text)
	}
	return use(unsafe.Slice(c.lib.data(result), c.lib.length(result)))
}

// exec runs a statement that has no result.
func (c *connection) exec(sql string) error {
	return c.query([]byte(sql), "Null", func([]byte) error { return nil })
}
