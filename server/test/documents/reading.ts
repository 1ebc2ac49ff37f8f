import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll } from 'vitest'
import {
  DocumentError,
  type DocumentErrorCode,
  type DocumentLimits,
  type ReadDocument,
} from '../../src/documents/document.ts'
import { createDocumentReader, type ReadOptions } from '../../src/documents/read-document.ts'

/** A reader for a test file, with a folder for what it is given. */
export function createReading(limits: Partial<DocumentLimits> = {}) {
  const logger = pino({ level: 'silent' })
  const reader = createDocumentReader({ limits, logger })
  const folder = mkdtemp(join(tmpdir(), 'documents-test-'))
  let count = 0
  afterAll(async () => {
    await reader.close()
    await rm(await folder, { recursive: true })
  })

  async function read(content: Uint8Array | string, name: string, options?: ReadOptions): Promise<ReadDocument> {
    count += 1
    const file = `${count}`
    const path = join(await folder, file)
    await writeFile(path, content)
    try {
      return await reader.read(path, name, options)
    } finally {
      await rm(path)
    }
  }

  /** The code a document fails with, or `read` if it does not fail. */
  async function outcome(content: Uint8Array | string, name: string): Promise<DocumentErrorCode | 'read'> {
    try {
      await read(content, name)
      return 'read'
    } catch (error) {
      if (error instanceof DocumentError) return error.code
      throw error
    }
  }
  return { reader, read, outcome, folder }
}
