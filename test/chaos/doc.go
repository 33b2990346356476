// Package chaos kills the program at random moments under load and compares every count with a recount.
//
// The broker, the registry, ClickHouse, the sink and the API live in the test's process; the processors live in a
// process of their own, which is this test binary started again. Moments are drawn from a seed that is printed:
// SEED=n replays them, FAULTS=n sets how many.
package chaos
