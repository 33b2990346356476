-- Stores a page and what it was made of, unless one of its parts has changed beyond what its maker had read, or changes may
-- have been lost. Says what became of it: kept, outdated, lost. An index has pages by when they end, by the clock of Redis.
-- KEYS: the page, the generation, the index of each part, the marker of each part
-- ARGV: the page's text, its life in ms, that of an index in ms, how far each table was read as JSON, the generation
if redis.call('GET', KEYS[2]) ~= ARGV[5] then
  return 'lost'
end
local read = cjson.decode(ARGV[4])
local parts = (#KEYS - 2) / 2
for i = 1, parts do
  local marks = redis.call('HGETALL', KEYS[2 + parts + i])
  for j = 1, #marks, 2 do
    local name, partition = string.match(marks[j], '^(.*)/(%d+)$')
    local at = read[name] and read[name][tonumber(partition) + 1]
    if not at or at < tonumber(marks[j + 1]) then
      return 'outdated'
    end
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local over, ends = string.format('(%.0f', now), string.format('%.0f', now + ARGV[2])
for i = 1, parts do
  redis.call('ZREMRANGEBYSCORE', KEYS[2 + i], '-inf', over)
  redis.call('ZADD', KEYS[2 + i], ends, KEYS[1])
  if redis.call('PTTL', KEYS[2 + i]) < tonumber(ARGV[3]) then -- another maker's pages may live longer
    redis.call('PEXPIRE', KEYS[2 + i], ARGV[3])
  end
end
return 'kept'
