// Package topology is the map: every topic, table and group name once, and each group's graph as a value.
//
// It declares what is read, kept and written. It does not say what happens to a record (package processors) nor how
// that is made exact (package streams), and it opens no connection.
package topology
