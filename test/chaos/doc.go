// Package chaos kills, freezes, cuts off, adds and takes away the program's processes at random moments under load and
// compares every count with a recount.
//
// Workers of one role, processors or sinks, live in processes of their own, which are this test binary started again. Each
// reaches the brokers by a link that can be cut or held back. ClickHouse is a process, too, and is killed and frozen where
// sinks are the workers; the broker, the registry and the other role live in the test's process. With NOVA_REAL=1 the
// brokers are processes, and are killed.
//
// Moments and faults are drawn from a seed that is printed: SEED=n draws the same again, FAULTS=n sets how many, ONLY=regexp
// picks faults by name. CHANGES=n says how much happens while pages of feeds are looked at, RATE=n how much a second.
package chaos
