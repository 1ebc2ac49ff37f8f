import {
  type ChildLoggerOptions,
  type DestinationStream,
  type LogFn,
  type LoggerOptions,
  type Logger as PinoLogger,
  pino,
  stdTimeFunctions,
} from 'pino'
import type { Logger } from './logger.ts'
import { describeError } from './telemetry/describe-error.ts'

/** The only fields a log line may carry beside level, time, message and error; anything else is dropped. */
export const loggedFields: ReadonlySet<string> = new Set([
  'reqId',
  'request_id',
  'method',
  'route',
  'status',
  'duration_ms',
  'workspace_id',
  'project_id',
  'user_id',
  'session_id',
  'message_id',
  'file_id',
  'source_id',
  'stored_as',
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
  'budget',
  'period',
  'job',
])

const maxText = 300

/**
 * One JSON line an event; on a terminal, pretty lines. Fields outside {@link loggedFields} never appear, nor do objects in
 * them, and of an error only what {@link describeError} leaves: no request body, message, token, key or query value can
 * slip in with an object, an error's text or the words of a library.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: onlyLogged, bindings: onlyLogged },
    serializers: { err: (error: unknown) => describeError(error) },
    hooks: { logMethod: logEvent },
  }
  if (destination) return restricted(pino(options, destination))
  if (!process.stdout.isTTY) return restricted(pino(options))
  const transport = { target: 'pino-pretty', options: { translateTime: 'HH:MM:ss', ignore: 'reqId' } }
  return restricted(pino({ ...options, transport, formatters: { log: onlyLogged, bindings: onlyLogged } }))
}

/** A child would print what it is bound to as it is. */
function restricted(logger: PinoLogger): PinoLogger {
  const { child } = logger
  const restrictedChild = function (this: PinoLogger, bindings: Record<string, unknown>, options?: ChildLoggerOptions) {
    // Levels and redaction may be set, not formatters or serializers: the parent's are the rule.
    const { level } = options ?? {}
    const { err: _, ...bound } = onlyLogged(bindings)
    return child.call(this, bound, level === undefined ? {} : { level })
  }
  return Object.assign(logger, { child: restrictedChild as typeof child })
}

function onlyLogged(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (!loggedFields.has(name)) continue
    if (typeof value === 'string') kept[name] = value.slice(0, maxText)
    else if (name === 'err' || typeof value === 'number' || typeof value === 'boolean' || value === null)
      kept[name] = value
  }
  return kept
}

/** An event has fields and one fixed sentence: no error's own words in its place, and nothing interpolated. */
function logEvent(this: PinoLogger, given: Parameters<LogFn>, log: LogFn): void {
  const [first, second] = given as unknown[]
  if (typeof first === 'string') {
    log.call(this, withoutQueries(first))
    return
  }
  const fields = first instanceof Error ? { err: first } : ((first ?? {}) as Record<string, unknown>)
  const isQuoted = fields.err instanceof Error && fields.err.message === second
  const sentence = typeof second === 'string' && second !== '' && !isQuoted ? withoutQueries(second) : undefined
  log.call(this, fields, sentence ?? (fields.err === undefined ? 'event' : 'error'))
}

/** Libraries put addresses into their sentences; the values are after the question mark. */
function withoutQueries(sentence: string): string {
  return sentence.slice(0, maxText).replace(/\?[^\s"']+/g, '?…')
}
