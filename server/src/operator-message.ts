import { ConfigError } from './config.ts'
import { BackupError } from './platform/backup/backup-error.ts'
import { DatabaseSetupError } from './platform/database/database-setup-error.ts'
import { AppError } from './platform/errors.ts'
import { MigrationError } from './platform/migrations/migration-error.ts'
import { DataDirBusyError } from './platform/postgres/data-dir-lock.ts'
import { EmbeddedPostgresError } from './platform/postgres/embedded-postgres-error.ts'
import { WorkerFailedError } from './platform/process/worker-handle.ts'

/** Says on stderr why the process could not go on, and has it end with 1. What is no message for people is thrown. */
export function tellOperator(error: unknown): void {
  const message = operatorMessage(error)
  if (message === undefined) throw error
  process.stderr.write(`\n${message}\n\n`)
  process.exitCode = 1
}

const kinds = [
  BackupError,
  ConfigError,
  DatabaseSetupError,
  MigrationError,
  DataDirBusyError,
  EmbeddedPostgresError,
  WorkerFailedError,
]

/** What an error tells the operator, where that is all there is to know and a stack would only hide it. */
export function operatorMessage(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof AppError) return error.code === 'provider_not_configured' ? error.message : undefined
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    return `The port is taken: ${error.message}. Choose another with PORT.`
  }
  return kinds.some((kind) => error instanceof kind) ? error.message : undefined
}
