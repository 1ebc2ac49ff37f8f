import { operatorMessage } from '../operator-message.ts'
import { AppError } from '../platform/errors.ts'

/** Wrong usage: exit code 2 and the list of commands. */
export class UsageError extends Error {}

/**
 * Does what was asked for and returns its exit code; 2, with the usage, for arguments that it or `parseArgs` refuses, and
 * 1 for a failure whose message says all. Throws what nobody has foreseen.
 */
export async function runCommandLine(usage: string, work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UsageError || isParseError(error)) {
      console.error(`${error.message}\n\n${usage}`.trimStart())
      return 2
    }
    const message = error instanceof AppError ? error.message : operatorMessage(error)
    if (message === undefined) throw error
    console.error(message)
    return 1
  }
}

/** The command of this name. @throws {@link UsageError} where there is none */
export function commandNamed<T>(commands: Record<string, T>, name: string): T {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) throw new UsageError(name === '' ? '' : `Unknown command "${name}".`)
  return command
}

function isParseError(error: unknown): error is Error {
  const { code } = (error ?? {}) as { code?: unknown }
  return error instanceof Error && typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS')
}
