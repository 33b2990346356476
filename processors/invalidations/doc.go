// Package invalidations says of changed rows what caches hold that is old: one group for each table.
//
//	posts-table (post), users-table (user), follows-table (follower:followee), scores-table (post) → cache-invalidations (scope:id)
//
// A message names the row that brought it about, by its place in the changelog: who has read as far has read the change.
// Messages are sent at least once, and say nothing that cannot be said again. Of a score and of a user that is back the
// groups tell by what they have in memory; where they cannot know, they tell.
//
// It reads nothing but the changelog, keeps no table, removes no page and gathers nothing: whoever has a cache does. A truncate
// tells nothing, as it names no row; the rows that it makes worthless are told as ticks mark them, one by one. A row that is
// removed from its table was marked as deleted long before, and is passed over. A row that cannot be read stops the group:
// it is our own.
package invalidations
