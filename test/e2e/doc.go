// Package e2e runs the whole program on the embedded stack and compares every count with a recount. With NOVA_REAL=1 a
// real broker takes the place of the embedded one; nothing else differs.
package e2e
