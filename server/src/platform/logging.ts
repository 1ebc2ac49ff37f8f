import { type DestinationStream, pino } from 'pino'
import type { Logger } from './logger.ts'

/** The only fields a log line may carry beside level, time, message and error; anything else is dropped. */
const loggedFields = new Set([
  'reqId',
  'request_id',
  'method',
  'route',
  'status',
  'duration_ms',
  'workspace_id',
  'user_id',
  'session_id',
  'message_id',
  'code',
  'provider',
  'model',
  'attempt',
  'attempts',
  'upstream_status',
  'upstream_code',
  'delay_ms',
  'port',
  'host',
  'pid',
  'data_dir',
  'migration',
  'count',
  'runs',
  'address',
  'version',
  'err',
  'signal',
  'reason',
  'job',
])

/**
 * One JSON line an event; on a terminal, pretty lines. Fields outside {@link loggedFields} never appear, and of an
 * error only type, message, code and stack: no request body, token, key or query value can slip in with an object.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: onlyLogged, bindings: onlyLogged },
    serializers: { err: describeError },
  }
  if (destination) return pino(options, destination)
  if (process.stdout.isTTY) {
    return pino({
      ...options,
      transport: { target: 'pino-pretty', options: { translateTime: 'HH:MM:ss', ignore: 'reqId' } },
      formatters: { log: onlyLogged },
    })
  }
  return pino(options)
}

function onlyLogged(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) if (loggedFields.has(name)) kept[name] = value
  return kept
}

interface DescribedError {
  type: string
  message: string
  code: unknown
  stack: string | undefined
  cause: DescribedError | undefined
}

// A failed query's error carries the statement and its values; only what names the fault is kept.
function describeError(error: unknown, depth = 0): DescribedError | undefined {
  if (!(error instanceof Error)) return undefined
  const isQuery = error.name === 'DrizzleQueryError' || error.message.startsWith('Failed query')
  return {
    type: error.name,
    message: isQuery ? 'a query failed' : error.message.slice(0, 500),
    code: (error as { code?: unknown }).code,
    stack: isQuery ? undefined : error.stack?.slice(0, 4000),
    cause: depth < 3 ? describeError(error.cause, depth + 1) : undefined,
  }
}
