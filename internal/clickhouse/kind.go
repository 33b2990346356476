package clickhouse

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// ErrorKind says what a failed call means for whoever made it.
type ErrorKind string

// The kinds of errors.
const (
	KindNone        ErrorKind = ""
	KindNetwork     ErrorKind = "network"      // no connection, or a connection that ended early
	KindTimeout     ErrorKind = "timeout"      // no answer in time
	KindOverloaded  ErrorKind = "overloaded"   // the server has no room now: parts, queries, memory, disk
	KindRefused     ErrorKind = "refused"      // the data cannot be stored, however often it is sent
	KindAuth        ErrorKind = "auth"         // the user may not do this
	KindSyntax      ErrorKind = "syntax"       // the server does not know the query, the table or a column
	KindBreakerOpen ErrorKind = "breaker_open" // not asked: the circuit breaker is open
	KindCanceled    ErrorKind = "canceled"     // the caller gave up
	KindOther       ErrorKind = "other"        // the server is in trouble of another sort
)

// Kind sorts an error of a call. An insert that failed may have happened, whatever the kind but breaker_open.
func Kind(err error) ErrorKind {
	var (
		open      *BreakerError
		exception *ch.Exception
		answer    *ch.HTTPError
		network   net.Error
	)
	switch {
	case err == nil:
		return KindNone
	case errors.As(err, &open):
		return KindBreakerOpen
	case errors.As(err, &exception):
		return kindOfCode(exception.Code, exception.Message)
	case errors.As(err, &answer):
		return kindOfStatus(answer.StatusCode)
	case errors.Is(err, context.Canceled):
		return KindCanceled
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, ch.ErrAcquireConnTimeout):
		return KindTimeout
	case errors.As(err, &network) && network.Timeout():
		return KindTimeout
	case network != nil, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, ch.ErrAcquireConnNoAddress):
		return KindNetwork
	}
	return KindOther
}

// Retriable reports whether the same call may succeed soon.
func (k ErrorKind) Retriable() bool {
	return k == KindNetwork || k == KindOverloaded || k == KindOther
}

// harmless reports whether the error says nothing about how the server is.
func (k ErrorKind) harmless() bool {
	return k == KindNone || k == KindRefused || k == KindSyntax
}

// tooManyParts is two errors under one number: too many parts, which merges mend, and too many partitions in a block.
const tooManyParts = 252

// kindOfCode sorts what the server says by its number.
func kindOfCode(code int32, message string) ErrorKind {
	if code == tooManyParts && strings.Contains(message, "partitions for single INSERT") {
		return KindRefused
	}
	if kind, ok := kinds[code]; ok {
		return kind
	}
	return KindOther
}

// kindOfStatus sorts an answer that is not the server's own, as one of a proxy.
func kindOfStatus(status int) ErrorKind {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return KindAuth
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return KindOverloaded
	case http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return KindTimeout
	case http.StatusBadGateway:
		return KindNetwork
	}
	return KindOther
}

// kinds are the server's numbers that are not KindOther (src/Common/ErrorCodes.cpp).
var kinds = byCode(map[ErrorKind][]int32{
	// A body that ends early is a connection that did: UNEXPECTED_END_OF_FILE, ATTEMPT_TO_READ_AFTER_EOF,
	// CANNOT_READ_ALL_DATA, NETWORK_ERROR, ALL_CONNECTION_TRIES_FAILED.
	KindNetwork: {3, 32, 33, 210, 279},
	// TIMEOUT_EXCEEDED, TOO_SLOW, SOCKET_TIMEOUT.
	KindTimeout: {159, 160, 209},
	// QUOTA_EXCEEDED, TOO_MANY_SIMULTANEOUS_QUERIES, NO_FREE_CONNECTION, QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING,
	// MEMORY_LIMIT_EXCEEDED, TABLE_IS_READ_ONLY, NOT_ENOUGH_SPACE, TOO_MANY_PARTS, CANNOT_SCHEDULE_TASK,
	// SERVER_OVERLOADED.
	KindOverloaded: {201, 202, 203, 216, 241, 242, 243, tooManyParts, 439, 745},
	// CANNOT_PARSE_*, TYPE_MISMATCH, ARGUMENT_OUT_OF_BOUND, CANNOT_CONVERT_TYPE, INCORRECT_DATA, TOO_LARGE_STRING_SIZE,
	// ILLEGAL_DIVISION, SIZES_OF_ARRAYS_DONT_MATCH, CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN, what throwIf says,
	// DECIMAL_OVERFLOW, VIOLATED_CONSTRAINT, UNKNOWN_ELEMENT_OF_ENUM.
	KindRefused: {
		6, 25, 26, 27, 38, 41, 72, 376, 441, 675, 676,
		53, 69, 70, 117, 131, 153, 190, 349, 395, 407, 469, 691,
	},
	// READONLY, UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, IP_ADDRESS_NOT_ALLOWED, ACCESS_DENIED,
	// AUTHENTICATION_FAILED.
	KindAuth: {164, 192, 193, 194, 195, 497, 516},
	// NOT_FOUND_COLUMN_IN_BLOCK, DUPLICATE_COLUMN, NO_SUCH_COLUMN_IN_TABLE, NUMBER_OF_COLUMNS_DOESNT_MATCH,
	// BAD_ARGUMENTS, NUMBER_OF_ARGUMENTS_DOESNT_MATCH, ILLEGAL_TYPE_OF_ARGUMENT, ILLEGAL_COLUMN, UNKNOWN_FUNCTION,
	// UNKNOWN_IDENTIFIER, UNKNOWN_TYPE, TABLE_ALREADY_EXISTS, UNKNOWN_TABLE, SYNTAX_ERROR, UNKNOWN_FORMAT,
	// UNKNOWN_DATABASE, UNKNOWN_SETTING, ILLEGAL_AGGREGATION, NOT_AN_AGGREGATE.
	KindSyntax: {10, 15, 16, 20, 36, 42, 43, 44, 46, 47, 50, 57, 60, 62, 73, 81, 115, 184, 215},
})

func byCode(codes map[ErrorKind][]int32) map[int32]ErrorKind {
	by := map[int32]ErrorKind{}
	for kind, list := range codes {
		for _, code := range list {
			by[code] = kind
		}
	}
	return by
}
