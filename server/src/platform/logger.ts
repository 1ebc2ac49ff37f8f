import type { Logger as PinoLogger } from 'pino'

/** What code below the composition root may log with; fields are allow-listed where the logger is made (`logging.ts`). */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  child(bindings: Record<string, unknown>): Logger
}
