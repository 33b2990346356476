-- What happens while it runs: each kind of change, on rows from before and on new ones.
-- NULL under a default
INSERT INTO users VALUES ('00000000-0000-0000-0000-0000000000a3', 'nobody', NULL, NULL, NULL, NULL);
INSERT INTO comments VALUES
  ('00000000-0000-0000-0000-0000000000c1', '00000000-0000-0000-0000-0000000000b1', '00000000-0000-0000-0000-0000000000a2', 'nice', '2026-03-01 12:01:00.000001+00'),
  ('00000000-0000-0000-0000-0000000000c2', '00000000-0000-0000-0000-0000000000b1', NULL, NULL, NULL);
INSERT INTO follows VALUES ('00000000-0000-0000-0000-0000000000a2', '00000000-0000-0000-0000-0000000000a1', 'active', '2026-03-01 12:03:00+00');
-- an update that leaves what is kept outside of the row, one that does not
UPDATE posts SET caption = 'changed' WHERE id = '00000000-0000-0000-0000-0000000000b2';
UPDATE posts SET content = 'small' WHERE id = '00000000-0000-0000-0000-0000000000b2';
-- with the whole row from before
UPDATE follows SET status = 'blocked';
-- deletes without and with it, and the same key again
DELETE FROM comments WHERE id = '00000000-0000-0000-0000-0000000000c2';
DELETE FROM likes;
INSERT INTO likes VALUES ('00000000-0000-0000-0000-0000000000a2', '00000000-0000-0000-0000-0000000000b1', '2026-03-04 00:00:00+00');
-- another key
UPDATE comments SET id = '00000000-0000-0000-0000-0000000000c3' WHERE id = '00000000-0000-0000-0000-0000000000c1';
-- nothing of this
BEGIN; INSERT INTO token_revocation VALUES ('rolled back', NULL, NULL, NULL, NULL); ROLLBACK;
-- columns come, go and change their type
ALTER TABLE posts ADD COLUMN views bigint NOT NULL DEFAULT 7;
UPDATE posts SET views = 8 WHERE id = '00000000-0000-0000-0000-0000000000b1';
ALTER TABLE posts ALTER COLUMN views TYPE text;
UPDATE posts SET views = 'nine' WHERE id = '00000000-0000-0000-0000-0000000000b1';
ALTER TABLE posts DROP COLUMN views;
UPDATE posts SET updated_at = '2026-03-05 00:00:00+00' WHERE id = '00000000-0000-0000-0000-0000000000b1';
TRUNCATE follows;
