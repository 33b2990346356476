-- The application's tables, as far as changes of them are captured, and what Debezium needs. It runs once, in the empty
-- database.
CREATE TABLE users (
  id uuid PRIMARY KEY, username text NOT NULL, display_name text, bio text,
  created_at timestamptz DEFAULT now(), deleted_at timestamptz NULL);
CREATE TABLE posts (
  id uuid PRIMARY KEY, user_id uuid NOT NULL, caption text, content text,
  status text NOT NULL DEFAULT 'published', created_at timestamptz, updated_at timestamptz);
CREATE TABLE comments (
  id uuid PRIMARY KEY, post_id uuid, user_id uuid, content text, created_at timestamptz);
CREATE TABLE likes (
  user_id uuid, post_id uuid, created_at timestamptz, PRIMARY KEY (user_id, post_id));
CREATE TABLE follows (
  follower_id uuid, followee_id uuid, status text NOT NULL DEFAULT 'active', created_at timestamptz,
  PRIMARY KEY (follower_id, followee_id));
CREATE TABLE token_revocation (
  jti text PRIMARY KEY, user_id uuid, reason text, revoked_at timestamptz, expires_at timestamptz);

-- An update or delete carries the whole row from before only under FULL. Elsewhere the key is enough: what a deleted
-- comment was about is in the group's own row.
ALTER TABLE likes   REPLICA IDENTITY FULL;
ALTER TABLE follows REPLICA IDENTITY FULL;

-- Debezium marks here where the pieces of an incremental snapshot begin and end.
CREATE TABLE debezium_signal (id text PRIMARY KEY, type text NOT NULL, data text);

CREATE PUBLICATION nova FOR TABLE users, posts, comments, likes, follows, token_revocation, debezium_signal;

-- Debezium reads the log and the tables, and writes nothing but its marks.
CREATE ROLE debezium LOGIN REPLICATION PASSWORD 'debezium';
GRANT SELECT ON users, posts, comments, likes, follows, token_revocation TO debezium;
GRANT SELECT, INSERT, UPDATE, DELETE ON debezium_signal TO debezium;
