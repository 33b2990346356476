// Package cache writes what other services read from Redis.
//
//	nova:cache:trending:1h               the default answer of GET /v1/trending, byte for byte; gone 90 s after the last write
//	nova:cache:suggested_users:{user_id} the default answer of GET /v1/users/{user_id}/suggestions; gone after 20 min
//
// The list is written when it changes and at least every 30 s. Suggestions are written when somebody reads them, and removed
// when a follow or unfollow may have changed them.
//
// Redis is a cache here: when it is away the flow and the API go on without it, its readers find keys gone after their TTL,
// and the writers come back by themselves. A reader may see a list that is older than the API's by as much as the TTL; as_of
// says for when it is right. Suggestions are removed as soon as the process that wrote them knows of the change; a removal
// that Redis does not take is tried again until it does.
//
// For feeds, Pages keeps pages that were made for readers until what they were made of changes, Snapshots the orders that
// readers page, and Seen what they have seen. A Guard keeps readers from waiting for a Redis that does not answer.
package cache
