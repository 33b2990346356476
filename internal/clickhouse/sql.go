package clickhouse

import "embed"

//go:embed sql/migrations/*.sql
var migrations embed.FS

//go:embed sql/holds.sql
var holdsSQL string

//go:embed sql/definition.sql
var definitionSQL string

//go:embed sql/inserts.sql
var insertsSQL string

//go:embed sql/rows.sql
var rowsSQL string

//go:embed sql/inserting.sql
var insertingSQL string

//go:embed sql/server.sql
var serverSQL string

//go:embed sql/columns.sql
var columnsSQL string
