import { newId } from '../ids.ts'
import type { SharedRedis } from '../redis/redis.ts'
import { bucketOf, runScript } from '../redis/redis-script.ts'
import { type CountsToShare, type LimitStore, type SharedCounts, windowToleranceMs } from './limit-store.ts'

/** How long a process may be silent until its streams do not count. */
const silenceMs = 15_000

/**
 * For each key of a window one hash, process by process what it has counted; it expires with the window. A process tells
 * its whole part, so nothing is lost or counted twice when it tells again: after a timeout, or because Redis has
 * forgotten everything. Only where it cannot know its part (`isKnown` is 0), or has told it in the window before, it adds.
 * For each key of streams a hash as well: process by process how many it has open, and when it said so.
 *
 * KEYS: counts, then streams. ARGV: process, number of counts, four for each count, one for each stream.
 */
const exchangeScript = `
local process, counts = ARGV[1], tonumber(ARGV[2])
local reply = {}
for i = 1, counts do
  local key, at = KEYS[i], 4 * i - 1
  local add, own, known, left = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), ARGV[at + 2] == '1', tonumber(ARGV[at + 3])
  local ends = redis.call('PTTL', key)
  if known and left > ends + ${windowToleranceMs} then ends = 0 end
  if ends <= 0 then
    redis.call('DEL', key)
  elseif not known or ends > left + ${windowToleranceMs} then
    own = add + tonumber(redis.call('HGET', key, process) or '0')
  end
  redis.call('HSET', key, process, own)
  if ends <= 0 then
    redis.call('PEXPIRE', key, left)
    ends = left
  end
  local total = 0
  for _, part in ipairs(redis.call('HVALS', key)) do total = total + tonumber(part) end
  reply[#reply + 1] = total
  reply[#reply + 1] = ends
  reply[#reply + 1] = own
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = counts + 1, #KEYS do
  local key, open = KEYS[i], ARGV[3 * counts + i + 2]
  redis.call('HSET', key, process, open .. ' ' .. string.format('%.0f', now))
  redis.call('PEXPIRE', key, ${silenceMs})
  local elsewhere, seen = 0, redis.call('HGETALL', key)
  for j = 1, #seen, 2 do
    local count, at = string.match(seen[j + 1], '^(%d+) (%d+)$')
    if now - tonumber(at) > ${silenceMs} then
      redis.call('HDEL', key, seen[j])
    elseif seen[j] ~= process then
      elsewhere = elsewhere + tonumber(count)
    end
  end
  if open == '0' then redis.call('HDEL', key, process) end
  reply[#reply + 1] = elsewhere
end
return reply
`

/** How many keys are asked about at a time: Redis does nothing else meanwhile, and has to answer in time. */
const keysPerScript = 100
const keysAtOnce = 250

/** Counts in Redis; an exchange is one script, in a cluster one for each bucket of keys, and more where there are many keys. */
export function createRedisLimitStore(redis: Pick<SharedRedis, 'use' | 'prefix' | 'isCluster'>): LimitStore {
  const processId = newId()
  return {
    async exchange(given) {
      const learned: SharedCounts = { counts: [], streams: [] }
      for (const parts of batches(split(given, redis.isCluster))) {
        const answers = await redis.use((client) =>
          Promise.all(
            parts.map(async (part) => {
              const { keys, values } = argumentsOf(part, redis.prefix, processId)
              return answerOf(part, await runScript(client, exchangeScript, keys, values))
            }),
          ),
        )
        for (const { counts, streams } of answers) {
          learned.counts.push(...counts)
          learned.streams.push(...streams)
        }
      }
      return learned
    },
    // Keys expire by themselves.
    forget: async () => undefined,
  }
}

/** What one script can do each. */
function split({ counts, streams }: CountsToShare, isCluster: boolean): CountsToShare[] {
  const parts: CountsToShare[] = []
  const open = new Map<string, CountsToShare>()
  const partOf = (key: string) => {
    const bucket = isCluster ? bucketOf(key) : ''
    const part = open.get(bucket)
    if (part && sizeOf(part) < keysPerScript) return part
    const begun = { counts: [], streams: [] }
    open.set(bucket, begun)
    parts.push(begun)
    return begun
  }
  for (const count of counts) partOf(count.key).counts.push(count)
  for (const stream of streams) partOf(stream.key).streams.push(stream)
  return parts
}

function batches(parts: CountsToShare[]): CountsToShare[][] {
  const made: CountsToShare[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const part of parts) {
    if (size + sizeOf(part) > keysAtOnce) {
      made.push([])
      size = 0
    }
    made.at(-1)?.push(part)
    size += sizeOf(part)
  }
  return made
}

function sizeOf({ counts, streams }: CountsToShare): number {
  return counts.length + streams.length
}

function argumentsOf({ counts, streams }: CountsToShare, prefix: string, processId: string) {
  const keyOf = (kind: string) => (named: { key: string }) => `${prefix}:${bucketOf(named.key)}:${kind}:${named.key}`
  const each = counts.flatMap(({ add, own, isKnown, remainingMs }) => [
    ...[add, own, isKnown ? 1 : 0],
    Math.max(1, Math.ceil(remainingMs)),
  ])
  return {
    keys: [...counts.map(keyOf('count')), ...streams.map(keyOf('streams'))],
    values: [processId, counts.length, ...each, ...streams.map(({ open }) => open)],
  }
}

function answerOf({ counts, streams }: CountsToShare, reply: unknown): SharedCounts {
  const figures = (Array.isArray(reply) ? reply : []).map(Number)
  const figure = (at: number) => figures[at] ?? 0
  return {
    counts: counts.map(({ key }, n) => {
      const at = 3 * n
      return { key, total: figure(at), remainingMs: figure(at + 1), own: figure(at + 2) }
    }),
    streams: streams.map(({ key }, n) => ({ key, elsewhere: figure(3 * counts.length + n) })),
  }
}
