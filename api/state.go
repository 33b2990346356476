package api

import (
	"time"

	"github.com/nova-social/nova-streams/schemas"
)

// Status is how the flow stands.
type Status struct {
	Drained    bool                          `json:"drained" doc:"Every group has done all its input: no lag, nothing in flight"`
	Groups     []Group                       `json:"groups" nullable:"false" doc:"Groups in the order of the flow"`
	Accounting map[string]schemas.Accounting `json:"accounting" doc:"By group: what became of its inputs, up to the committed offsets. in = applied + duplicate + replay + absorbed + skipped + dead; late is a part of applied"`
	// Database is empty in a process that reads no table of it.
	Database []TableChanges `json:"database" nullable:"false" doc:"What the process that answers has read of the application's database, by table"`
	// Reconciliation is missing before the first comparison of the process that answers.
	Reconciliation *Reconciliation `json:"reconciliation,omitempty" doc:"What the last comparison of events, accounting and ClickHouse found, where the process that answers makes them"`
	Jobs           []Job           `json:"jobs" nullable:"false" doc:"Periodic work, by name: of the process that answers, and what others have told of theirs in Redis"`
}

// Job is periodic work, and how its last runs went, in whatever process.
type Job struct {
	Name        string    `json:"name" example:"trending_fallback"`
	Kind        string    `json:"kind" example:"trending_fallback"`
	LastRun     time.Time `json:"last_run,omitzero" doc:"When the last run that has ended began; missing before"`
	TookSeconds float64   `json:"took_seconds" doc:"How long that took, all its tries"`
	Result      string    `json:"result,omitempty" enum:"ok,error,skipped" doc:"What came of it; skipped if the process that answers left it to another one and does not know more"`
	LastError   string    `json:"last_error,omitempty" doc:"Why it failed, if it did"`
	Process     string    `json:"process,omitempty" example:"worker-1:7" doc:"Which process made it: machine and process id"`
	Next        time.Time `json:"next,omitzero" doc:"When the process that answers has the next run begin; missing for a job of others"`
	Runs        []JobRun  `json:"runs" nullable:"false" doc:"The last runs that have ended, the newest first, 10 at most"`
}

// JobRun is one run of a job.
type JobRun struct {
	Begin       time.Time `json:"begin"`
	TookSeconds float64   `json:"took_seconds"`
	Result      string    `json:"result" enum:"ok,error"`
	Error       string    `json:"error,omitempty" doc:"The beginning of it"`
	Process     string    `json:"process"`
}

// TableChanges is what a process has read and applied of one table of the application's database, since it started.
type TableChanges struct {
	Table      string           `json:"table" example:"posts"`
	Events     map[string]int64 `json:"events" doc:"Records of Debezium by operation, or by what is skipped; repeats included"`
	Changes    map[string]int64 `json:"changes" doc:"Changes of rows by what became of them: applied, older than the row, repeated, or truncated"`
	LagSeconds float64          `json:"lag_seconds" doc:"From the commit in the database until the change was applied, of the last one; 0 before the first"`
}

// Reconciliation is what comparing events, accounting and ClickHouse found.
type Reconciliation struct {
	At       time.Time `json:"at"`
	Balanced bool      `json:"balanced" doc:"No difference was found"`
	Settled  bool      `json:"settled" doc:"Everything could be compared; false if records were on their way for too long"`
	Open     int64     `json:"open" doc:"Records of events that were on their way"`
	Findings []string  `json:"findings" nullable:"false" doc:"The first differences, each with partition, offsets and rows"`
}

// Group is how one consumer group stands. What only its own process can know is of the process that answers.
type Group struct {
	Group      string      `json:"group" example:"dedup"`
	State      State       `json:"state" enum:"starting,recovering,running,waiting,failed,stopped" doc:"In the process that answers if that runs the group, else as the coordinator sees it"`
	Lag        int64       `json:"lag" doc:"Records between the committed offsets and the ends of the input"`
	Recovered  bool        `json:"recovered" doc:"The group's tables have been read; true for a group without tables"`
	Balanced   bool        `json:"balanced" doc:"Every input is accounted for, in each partition"`
	Members    int         `json:"members" doc:"Processes in the group"`
	Instance   string      `json:"instance,omitempty" doc:"Name in the group of the process that answers, while that is a member"`
	LastError  string      `json:"last_error,omitempty" doc:"Why the group last ended in the process that answers"`
	Breaker    string      `json:"breaker,omitempty" enum:"closed,half-open,open" doc:"Of a sink, in the process that answers: open while ClickHouse is not asked, half-open while it is tried"`
	Rebuilds   int         `json:"rebuilds" doc:"How often the group ended in the process that answers, since that started"`
	CrashLoop  bool        `json:"crash_loop" doc:"It ended so often lately that somebody should look"`
	Partitions []Partition `json:"partitions" nullable:"false"`
}

// Partition is how far a group is with one partition of its input.
type Partition struct {
	Partition     int32              `json:"partition"`
	Committed     int64              `json:"committed" doc:"Offset of the next record to be done, -1 before the first commit"`
	End           int64              `json:"end" doc:"Offset behind the last record"`
	Lag           int64              `json:"lag" doc:"Records not yet committed, of those the log still holds"`
	Owner         string             `json:"owner,omitempty" doc:"Instance of the member that has the partition, or the id of its client; missing if nobody has it"`
	Accounting    schemas.Accounting `json:"accounting" doc:"What became of the inputs, up to the committed offset"`
	MetadataBytes int                `json:"metadata_bytes" doc:"Size of what lies beside the committed offset"`
	MetadataLimit int                `json:"metadata_limit" doc:"Bytes of it that the brokers take; beyond it nothing can be committed"`
	MetadataAlarm bool               `json:"metadata_alarm" doc:"It takes three quarters of the limit or more"`
	State         State              `json:"state,omitempty" enum:"recovering,running" doc:"Where the process that answers has the partition"`
	Recovery      *Recovery          `json:"recovery,omitempty" doc:"Of the table, where the process that answers has the partition"`
	Commits       int64              `json:"commits,omitempty" doc:"How many the coordinator has accepted since the process that answers has the partition"`
	PauseSeconds  float64            `json:"pause_seconds,omitempty" doc:"From being assigned to the process that answers to its first input there, or to there being none; missing as long as it lasts"`
	Table         *Table             `json:"table,omitempty" doc:"Size of the table, where the process that answers has the partition"`
}

// Recovery is how far the reading of a table is, in offsets of its changelog.
type Recovery struct {
	From int64 `json:"from" doc:"Where it began: what a table kept from before needs not be read"`
	At   int64 `json:"at"`
	To   int64 `json:"to" doc:"Where it ends"`
}

// Table is the size of a group's table in one partition.
type Table struct {
	Rows        int64 `json:"rows"`
	MemoryBytes int64 `json:"memory_bytes"`
	DiskBytes   int64 `json:"disk_bytes"`
}

// metadataAlarm is the share of the limit, in percent, from which the metadata of a commit is worth an alarm.
const metadataAlarm = 75

// SetMetadata says how large the metadata of the last commit is, and how large it may be.
func (p *Partition) SetMetadata(bytes, limit int) {
	p.MetadataBytes, p.MetadataLimit = bytes, limit
	p.MetadataAlarm = limit > 0 && 100*bytes >= metadataAlarm*limit
}

// State is what a group is doing.
type State string

// The states of a group.
const (
	Starting   State = "starting"   // not yet a member of its group
	Recovering State = "recovering" // reading its tables
	Running    State = "running"
	Waiting    State = "waiting" // failed, and about to be built again
	Failed     State = "failed"  // no rebuild can help: somebody has to look
	Stopped    State = "stopped"
)
