package clickhouse

import "embed"

//go:embed sql/migrations/*.sql
var migrations embed.FS

//go:embed sql/holds.sql
var holdsSQL string

//go:embed sql/engine.sql
var engineSQL string
