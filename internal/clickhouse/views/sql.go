package views

import _ "embed"

//go:embed sql/facts.sql
var factsSQL string

//go:embed sql/insert.sql
var insertSQL string

//go:embed sql/repairs.sql
var repairsSQL string

//go:embed sql/differing.sql
var differingSQL string

//go:embed sql/lacking.sql
var lackingSQL string
