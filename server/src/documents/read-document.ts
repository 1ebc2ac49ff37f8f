import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '../platform/logger.ts'
import { DocumentError, type DocumentLimits, defaultDocumentLimits, type ReadDocument } from './document.ts'
import { createAssembly } from './reader-assembly.ts'
import { errorOf } from './reader-failures.ts'
import { type Ending, type ReaderProcess, startReaderProcess } from './reader-process.ts'

/** How far reading is: pages, sheets or bytes while reading, characters while splitting. */
export interface ReadProgress {
  step: 'reading' | 'splitting'
  done: number
  total: number | null
}

export interface ReadOptions {
  signal?: AbortSignal
  onProgress?(progress: ReadProgress): void
}

export interface DocumentReader {
  /**
   * Reads the file at `path`; `name` is what its owner calls it.
   *
   * @throws DocumentError when the document cannot be read: trying again is of no use.
   * @throws the signal's reason when it aborts, and Error when the reading process was lost: trying again may help.
   */
  read(path: string, name: string, options?: ReadOptions): Promise<ReadDocument>
  /** Stops what is being read. */
  close(): Promise<void>
}

/** Reads documents, each in a process of its own that ends with it: no document can reach another one's text. */
export function createDocumentReader(options: { limits?: Partial<DocumentLimits>; logger: Logger }): DocumentReader {
  const limits = { ...defaultDocumentLimits, ...options.limits }
  const running = new Map<ReaderProcess, Promise<unknown>>()
  let closed = false

  async function read(path: string, name: string, { signal, onProgress }: ReadOptions = {}): Promise<ReadDocument> {
    signal?.throwIfAborted()
    await using file = await open(path, 'r')
    checkSize((await file.stat()).size, limits)
    const folder = await mkdtemp(join(tmpdir(), 'document-'))
    try {
      signal?.throwIfAborted()
      if (closed) throw readerClosed()
      const assembly = createAssembly(limits, onProgress)
      const reader = startReaderProcess({ document: file.fd, name, limits, folder, onLine: assembly.line })
      const abort = () => reader.stop('aborted')
      signal?.addEventListener('abort', abort, { once: true })
      running.set(reader, reader.ended)
      const ending = await reader.ended.finally(() => {
        running.delete(reader)
        signal?.removeEventListener('abort', abort)
      })
      return assembly.document() ?? failed(ending, assembly.failure(), signal)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  function failed(ending: Ending, failure: DocumentError | undefined, signal?: AbortSignal): never {
    if (ending.stopped === 'aborted') throw signal?.aborted ? signal.reason : readerClosed()
    const error = failure && !ending.stopped ? failure : errorOf(ending, limits)
    // Not what the reader complained of: libraries quote documents.
    const code = error instanceof DocumentError ? error.code : 'lost'
    options.logger.info({ code, signal: ending.signal, reason: ending.stopped }, 'document not read')
    throw error
  }

  return {
    read,
    async close() {
      closed = true
      for (const reader of running.keys()) reader.stop('aborted')
      await Promise.allSettled(running.values())
    },
  }
}

function readerClosed(): Error {
  return new Error('The document reader is closed.')
}

function checkSize(bytes: number, limits: DocumentLimits) {
  if (bytes === 0) throw new DocumentError('empty', 'This file is empty. Upload one that has content.')
  if (bytes <= limits.bytes) return
  const [size, limit] = [bytes, limits.bytes].map((value) => (value / 1024 / 1024).toFixed(1))
  throw new DocumentError(
    'too_large',
    `This file has ${size} MB; ${limit} MB are allowed. Split it into smaller files.`,
  )
}
