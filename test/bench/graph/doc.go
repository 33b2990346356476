// Package graph measures suggestions: answers per second of CPU time, beside a plain implementation with Go maps in the
// same run, on the graphs of testdata/follows and on a generated one; and what an edge takes in memory and in time.
//
// Both answer for users who follow somebody, drawn at random, on one goroutine, in turns. It runs where NOVA_BENCH=1 is
// set: `make bench-graph`.
package graph
