package views

import _ "embed"

//go:embed sql/facts.sql
var factsSQL string

//go:embed sql/insert.sql
var insertSQL string
