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

//go:embed sql/raw_hours.sql
var rawHoursSQL string

//go:embed sql/view_hours.sql
var viewHoursSQL string

//go:embed sql/table_exists.sql
var tableExistsSQL string
