// Package e2e runs the whole program on the embedded stack and compares every count with a recount.
package e2e
