import { copyFile, open, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../logger.ts'

const maxBytes = 10 * 1024 * 1024
const checkIntervalMs = 60_000

/** Where a data folder keeps what PostgreSQL itself has to say. */
export function logFileOf(dataDir: string): string {
  return join(dataDir, 'postgres.log')
}

/**
 * Keeps the log within 10 MiB and one older file (`.1`), checked each minute. PostgreSQL appends to a file it never
 * reopens, so its content moves and the file stays. Returns what ends the checks.
 */
export async function keepLogBounded(path: string, logger: Logger): Promise<() => void> {
  const check = () =>
    boundLog(path).catch((error: unknown) => logger.warn({ err: error }, 'The PostgreSQL log could not be rotated'))
  await check()
  const timer = setInterval(check, checkIntervalMs).unref()
  return () => clearInterval(timer)
}

/** Moves the content of an over-long log to `<path>.1`. */
export async function boundLog(path: string, limitBytes = maxBytes): Promise<void> {
  const { size } = await stat(path).catch(() => ({ size: 0 }))
  if (size <= limitBytes) return
  await copyFile(path, `${path}.1`)
  await truncate(path)
}

/** What was written after `offset`, at most the last 4 KiB. */
export async function readLogSince(path: string, offset: number): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const start = Math.max(offset, size - 4_096)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), { position: start })
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
