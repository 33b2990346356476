// Package dictionary holds docs/data-dictionary.md and docs/grafana.md to what they say: the columns are those of the
// schema, and every query in them is run against a server and compared with the same question asked of plain Go.
//
//	go test ./test/dictionary -update    writes the tables of the data dictionary anew
package dictionary
