-- Removes a portion of the pages that are made of a part, and notes where its change lies. Says how many it removed, and how
-- many are left.
-- KEYS: the part's index, its marker
-- ARGV: the table and partition of the change, its offset, the life of a marker in ms, how many pages at most
local last = redis.call('HGET', KEYS[2], ARGV[1])
if not last or tonumber(last) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local pages = redis.call('ZRANGE', KEYS[1], 0, ARGV[4] - 1)
local removed = 0
if #pages > 0 then
  removed = redis.call('UNLINK', unpack(pages))
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, #pages - 1)
end
return {removed, redis.call('ZCARD', KEYS[1])}
