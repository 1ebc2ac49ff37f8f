/** Wrong usage: exit code 2 and the list of commands. */
export class UsageError extends Error {}

/** Whether `parseArgs` refused the arguments. */
export function isParseError(error: unknown): error is Error {
  const { code } = (error ?? {}) as { code?: unknown }
  return error instanceof Error && typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS')
}
