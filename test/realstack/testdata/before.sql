-- What is there when the connector is registered.
INSERT INTO users VALUES
  ('00000000-0000-0000-0000-0000000000a1', 'ada', 'Ada Lovelace', 'first programmer', '2026-01-01 10:00:00+00', NULL),
  ('00000000-0000-0000-0000-0000000000a2', 'émile', '日本語 😀 "q" \ /', E'tab\t line\n', '2026-01-02 11:30:00.123456+02', '2026-02-01 00:00:00+00');
INSERT INTO posts VALUES
  ('00000000-0000-0000-0000-0000000000b1', '00000000-0000-0000-0000-0000000000a1', 'hello', 'short', 'published', '2026-01-05 08:00:00+00', NULL),
  -- not compressible, so that it is kept outside of the row
  ('00000000-0000-0000-0000-0000000000b2', '00000000-0000-0000-0000-0000000000a1', 'large', (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 100) i), 'published', '2026-01-05 09:00:00+00', NULL);
INSERT INTO likes VALUES ('00000000-0000-0000-0000-0000000000a2', '00000000-0000-0000-0000-0000000000b1', '2026-01-05 08:06:00+00');
INSERT INTO token_revocation VALUES ('jti-"1"', '00000000-0000-0000-0000-0000000000a2', 'logout', '2026-01-06 00:00:00+00', 'infinity');
