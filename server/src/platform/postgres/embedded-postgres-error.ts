/** The embedded PostgreSQL cannot run here. The message says what happened and what the operator can do about it. */
export class EmbeddedPostgresError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EmbeddedPostgresError'
  }
}

/** The way out that every "cannot run here" message ends with. */
export const useDatabaseUrl = 'Set DATABASE_URL to use a PostgreSQL server (15 or later) of your own instead.'

/** Whether a system call failed with one of these codes, e.g. `ENOENT`. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
}
