// Package jsonhand writes JSON by hand, and reads what was written so, where reflection would be most of the cost. What it
// appends are the bytes that encoding/json writes without its escapes for HTML. Reader takes texts in the order and the spelling
// that they were written in, and nothing else: it is for what a program wrote for itself.
package jsonhand
