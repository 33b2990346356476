package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
)

// exception is an error of ClickHouse.
type exception struct {
	Code int    // of ClickHouse; 0 = unknown
	Text string // without code
}

func (e *exception) Error() string { return fmt.Sprintf("Code: %d. DB::Exception: %s", e.Code, e.Text) }

var exceptionText = regexp.MustCompile(`(?s)^Code: (\d+)\. DB::Exception: (.*)$`)

// newException reads the engine's text "Code: N. DB::Exception: …". Another text gets the code of an unknown exception.
func newException(text string) *exception {
	m := exceptionText.FindStringSubmatch(text)
	if m == nil {
		return &exception{Code: unknownException, Text: text}
	}
	code, _ := strconv.Atoi(m[1]) // digits; too many are no code
	return &exception{Code: code, Text: m[2]}
}

// Codes this program gives by itself.
const (
	badArguments     = 36
	notImplemented   = 48
	syntaxError      = 62
	unknownSetting   = 115
	incorrectData    = 117
	unknownException = 1002
)

// statusOf maps ClickHouse's codes to HTTP's as its server does; all others are 500.
var statusOf = map[int]int{
	6:   http.StatusBadRequest, // CANNOT_PARSE_TEXT
	7:   http.StatusBadRequest, // INCORRECT_NUMBER_OF_COLUMNS
	8:   http.StatusBadRequest, // THERE_IS_NO_COLUMN
	15:  http.StatusBadRequest, // DUPLICATE_COLUMN
	25:  http.StatusBadRequest, // CANNOT_PARSE_ESCAPE_SEQUENCE
	26:  http.StatusBadRequest, // CANNOT_PARSE_QUOTED_STRING
	27:  http.StatusBadRequest, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
	36:  http.StatusBadRequest, // BAD_ARGUMENTS
	38:  http.StatusBadRequest, // CANNOT_PARSE_DATE
	41:  http.StatusBadRequest, // CANNOT_PARSE_DATETIME
	44:  http.StatusBadRequest, // ILLEGAL_COLUMN
	53:  http.StatusBadRequest, // TYPE_MISMATCH
	62:  http.StatusBadRequest, // SYNTAX_ERROR
	72:  http.StatusBadRequest, // CANNOT_PARSE_NUMBER
	117: http.StatusBadRequest, // INCORRECT_DATA
	321: http.StatusBadRequest, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
	376: http.StatusBadRequest, // CANNOT_PARSE_UUID

	46:  http.StatusNotFound, // UNKNOWN_FUNCTION
	47:  http.StatusNotFound, // UNKNOWN_IDENTIFIER
	50:  http.StatusNotFound, // UNKNOWN_TYPE
	56:  http.StatusNotFound, // UNKNOWN_STORAGE
	60:  http.StatusNotFound, // UNKNOWN_TABLE
	63:  http.StatusNotFound, // UNKNOWN_AGGREGATE_FUNCTION
	73:  http.StatusNotFound, // UNKNOWN_FORMAT
	81:  http.StatusNotFound, // UNKNOWN_DATABASE
	115: http.StatusNotFound, // UNKNOWN_SETTING
	336: http.StatusNotFound, // UNKNOWN_DATABASE_ENGINE

	notImplemented: http.StatusNotImplemented,
	159:            http.StatusRequestTimeout,     // TIMEOUT_EXCEEDED
	209:            http.StatusServiceUnavailable, // SOCKET_TIMEOUT
	439:            http.StatusServiceUnavailable, // CANNOT_SCHEDULE_TASK
}

// status is the HTTP status ClickHouse's server would send.
func (e *exception) status() int {
	if s, ok := statusOf[e.Code]; ok {
		return s
	}
	return http.StatusInternalServerError
}
