/**
 * Redis did not do what it was asked to. Says why in a word (`timeout`, `ECONNREFUSED`, the code of Redis's own refusal
 * such as `OOM` or `NOAUTH`) and holds nothing else: the errors of clients carry commands with their arguments.
 */
export class RedisAway extends Error {
  readonly code: string
  constructor(code: string) {
    super(`Redis is away: ${code}`)
    this.name = 'RedisAway'
    this.code = code
  }
}

/** What became of a command or a connection, as {@link RedisAway} tells it. */
export function redisAway(error: unknown): RedisAway {
  if (error instanceof RedisAway) return error
  if (!(error instanceof Error)) return new RedisAway('unknown')
  // A cluster that no node of answered: the reason is with the last one.
  const { code, lastNodeError } = error as { code?: unknown; lastNodeError?: unknown }
  if (lastNodeError instanceof Error) return redisAway(lastNodeError)
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return new RedisAway(code)
  // https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors: the first word says the kind.
  const kind = /^[A-Z]{2,30}(?= )/.exec(error.message)?.[0]
  return new RedisAway(kind ?? 'disconnected')
}
