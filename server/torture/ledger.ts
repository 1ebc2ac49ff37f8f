import { type FileHandle, open, readFile } from 'node:fs/promises'
import type { Message } from '@chatbot-platform/contract'

/** Something the server has acknowledged and may never lose. */
export type Entry =
  /** A question was accepted, and its answer begun. */
  | { kind: 'asked'; question: Message; answerId: string }
  /** An answer was said to have ended like this. */
  | { kind: 'ended'; answer: Message }
  /** A project was written; `revision` stands in its description and only grows. */
  | { kind: 'project'; id: string; revision: number }
  | { kind: 'prompt'; projectId: string; id: string; content: string }

/** The file of acknowledgements: an entry counts once it is on the disk. */
export class Ledger {
  readonly #file: FileHandle
  #queue: { line: string; written: () => void; failed: (error: unknown) => void }[] = []
  #isWriting = false
  size = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async create(path: string): Promise<Ledger> {
    return new Ledger(await open(path, 'ax', 0o600))
  }

  /** Resolves when the entry is on the disk; entries that come together share one fsync. */
  record(entry: Entry): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#queue.push({ line: `${JSON.stringify(entry)}\n`, written: resolve, failed: reject })
    if (!this.#isWriting) void this.#write()
    return promise
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #write(): Promise<void> {
    this.#isWriting = true
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0)
      try {
        await this.#file.appendFile(batch.map(({ line }) => line).join(''))
        await this.#file.datasync()
        this.size += batch.length
        for (const { written } of batch) written()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    this.#isWriting = false
  }
}

/** Reads the entries back from the disk. */
export async function readLedger(path: string): Promise<Entry[]> {
  const lines = (await readFile(path, 'utf8')).split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}
