package reconcile

import _ "embed"

//go:embed sql/chains.sql
var chainsSQL string

//go:embed sql/links.sql
var linksSQL string

//go:embed sql/offsets.sql
var offsetsSQL string

//go:embed sql/roots.sql
var rootsSQL string

//go:embed sql/unplaced.sql
var unplacedSQL string

//go:embed sql/tables.sql
var tablesSQL string

//go:embed sql/rollup_suspects.sql
var rollUpSuspectsSQL string

//go:embed sql/rollup_differs.sql
var rollUpDiffersSQL string

//go:embed sql/rollup_rows.sql
var rollUpRowsSQL string

//go:embed sql/stats_refreshed.sql
var statsRefreshedSQL string

//go:embed sql/has_minutes.sql
var hasMinutesSQL string

//go:embed sql/stats_differ.sql
var statsDifferSQL string

//go:embed sql/stats_minutes.sql
var statsMinutesSQL string
