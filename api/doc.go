// Package api serves what the flow has counted and what the application's database says: trending, posts and their
// statistics, users and their lists, the state of the groups, health, metrics, and a page that shows it all at work.
//
//	deps.go      what the API reads, as small interfaces
//	config.go    addresses and time limits
//	handler.go   New: every route in one place; NewOperations: those of a process that only works
//	server.go    Server: listening, running, draining
//	trending.go  GET /v1/trending        stream.go  GET /v1/trending/stream
//	frontpage.go the default page of trending, encoded once
//	posts.go     GET /v1/posts/{id}/stats
//	post.go      GET /v1/posts/{id}      posts_batch.go  GET /v1/posts?ids=
//	users.go     GET /v1/users/{id}, …/relationships/{other}
//	lists.go     GET /v1/users/{id}/posts, …/following, …/followers
//	feed.go      GET /v1/feed            seen.go    POST /v1/feed/seen
//	engagement.go  GET /v1/posts/{id}/engagement, from ClickHouse or else from the view
//	state.go     what a status says
//	status.go    GET /v1/status          health.go  GET /health/live, /health/ready
//	caller.go    who asks                token.go   Authorization: Bearer …
//	etag.go      tags of answers         requestid.go  names of requests
//	limits.go    sizes                   requestlog.go what is measured and logged of each
//	errors.go    which error is which problem+json answer
//	page.go      the page at / and the reference at /docs (files in web/)
//
// It keeps no state and reads nothing but its interfaces: it does not know Kafka, Redis or ClickHouse. An answer is as
// fresh as the views behind it, and says so where it can (as_of, lag); before they have recovered it is a 503, never a
// partial number.
package api
