// Package cache writes what other services read from Redis.
//
//	nova:cache:trending:1h   the default answer of GET /v1/trending, byte for byte; gone 90 s after the last write
//
// The key is written when the list changes and at least every 30 s. Redis is a cache here: when it is away the flow
// and the API go on without it, its readers find the key gone after its TTL, and the writer comes back by itself. A
// reader may see a list that is older than the API's by as much as the TTL; as_of says for when it is right.
package cache
