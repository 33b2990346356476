package main

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// statement is what a request asks for.
type statement struct {
	sql      []byte // an insert's data follow it
	format   string // of the result, unless the statement names one
	database string
	protocol string            // revision of the client, for its hello
	settings map[string]string // by name; a query parameter is the setting param_<name>
}

// notSettings are the parameters of the HTTP interface that are no settings of the query.
var notSettings = map[string]bool{
	"query": true, "database": true, "default_format": true, "query_id": true, "quota_key": true, "role": true,
	"user": true, "password": true, "compress": true, "decompress": true, "client_protocol_version": true,
	"buffer_size": true, "wait_end_of_query": true, "stacktrace": true, "close_session": true,
}

// newStatement reads the parameters of a request. The statement is the parameter "query", the body, or the first followed
// by the second.
func newStatement(params url.Values, body []byte) statement {
	s := statement{
		sql:      body,
		format:   "TabSeparated",
		database: params.Get("database"),
		protocol: params.Get("client_protocol_version"),
		settings: map[string]string{},
	}
	if q := params.Get("query"); q != "" {
		s.sql = append([]byte(q+"\n"), body...)
	}
	if f := params.Get("default_format"); f != "" {
		s.format = f
	}
	for name, values := range params {
		if !notSettings[name] {
			s.settings[name] = values[len(values)-1]
		}
	}
	return s
}

var settingName = regexp.MustCompile(`^\w+$`)

// check refuses what this server does not offer, or what would not be one statement.
func (s statement) check() error {
	for name := range s.settings {
		switch {
		case name == "session_id" || name == "session_timeout" || name == "session_check":
			return &exception{Code: notImplemented, Text: "chdb-server has no sessions: " + name}
		case !settingName.MatchString(name):
			return &exception{Code: unknownSetting, Text: fmt.Sprintf("%q is no name of a setting", name)}
		}
	}
	return checkWords(s.sql)
}

// checkWords refuses what the engine would do for the program it is part of, and a server does not.
func checkWords(sql []byte) error {
	if _, data := splitInsert(sql); data {
		return nil
	}
	words := scanner{rest: sql, sql: sql}
	for before := ""; ; {
		word, _ := words.next()
		switch {
		case word == "":
			return nil
		case before == ";" && word != ";":
			return &exception{Code: syntaxError, Text: "Multi-statements are not allowed"}
		case before == "INTO" && word == "OUTFILE":
			return &exception{Code: notImplemented, Text: "INTO OUTFILE is for clients that write files of their own"}
		}
		before = word
	}
}

// preparations returns the statements that give a new session the database and the settings of the request. Settings come
// last: some forbid everything but reading.
func (s statement) preparations() []string {
	var out []string
	if s.database != "" {
		out = append(out, "USE `"+escaped.Replace(s.database)+"`")
	}
	var assignments []string
	for _, name := range slices.Sorted(maps.Keys(s.settings)) {
		assignments = append(assignments, name+" = '"+escaped.Replace(s.settings[name])+"'")
	}
	if len(assignments) > 0 {
		out = append(out, "SET "+strings.Join(assignments, ", "))
	}
	return out
}

// escaped escapes what ends a quoted text or identifier.
var escaped = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "`", "\\`")
