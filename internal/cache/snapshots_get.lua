-- Returns an order, and lets it live on.
-- KEYS: the order, the reader's orders by when they were last asked for
-- ARGV: its life in ms, its id
local order = redis.call('GET', KEYS[1])
if order then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[2], string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), ARGV[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[1])
end
return order
