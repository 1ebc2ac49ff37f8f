import { once } from 'node:events'
import type pg from 'pg'

/** The part of pg's connection that COPY needs and its types leave out. */
interface CopyConnection extends pg.Connection {
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
  sendCopyFail(message: string): void
}

/** Rows that may wait in memory before the connection is paused, in bytes. */
const highWaterBytes = 1_048_576

/**
 * The output of `COPY … TO STDOUT` in pieces, each as much as has come meanwhile; the server is held back while nobody reads.
 * Whoever stops reading before the end loses the connection. Throws pg's error.
 */
export async function* copyOut(client: pg.ClientBase, sql: string): AsyncGenerator<Buffer> {
  const copy = new CopyOut(sql)
  client.query(copy)
  try {
    for (let rows = await copy.next(); rows !== undefined; rows = await copy.next()) yield rows
  } finally {
    copy.close()
  }
}

/** Feeds `chunks` to `COPY … FROM STDIN`. Throws pg's error, or the one that `chunks` failed with. */
export async function copyIn(client: pg.ClientBase, sql: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const copy = new CopyIn(sql)
  client.query(copy)
  const connection = await copy.ready
  try {
    for await (const chunk of chunks) {
      connection.sendCopyFromChunk(chunk)
      if (connection.stream.writableNeedDrain) await Promise.race([once(connection.stream, 'drain'), copy.finished])
      if (copy.isOver) break
    }
    if (!copy.isOver) connection.endCopyFrom()
  } catch (error) {
    if (!copy.isOver) connection.sendCopyFail('the data could not be read')
    await copy.finished.catch(() => undefined)
    throw error
  }
  await copy.finished
}

/** A COPY that pg runs for us: pg calls the methods below as the server's messages come in. */
class CopyOut implements pg.Submittable {
  readonly #sql: string
  #connection: pg.Connection | undefined
  #rows: Buffer[] = []
  #bytes = 0
  #isOver = false
  #error: Error | undefined
  #wake = (): void => undefined

  constructor(sql: string) {
    this.#sql = sql
  }

  submit(connection: pg.Connection): void {
    this.#connection = connection
    connection.query(this.#sql)
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    // A copy, because pg uses its buffer again.
    this.#rows.push(Buffer.from(chunk))
    this.#bytes += chunk.length
    if (this.#bytes >= highWaterBytes) this.#connection?.stream.pause()
    this.#wake()
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#isOver = true
    this.#wake()
  }

  handleError(error: Error): void {
    this.#error = error
    this.handleReadyForQuery()
  }

  /** Whatever has come since the last call; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    while (this.#rows.length === 0) {
      if (this.#error) throw this.#error
      if (this.#isOver) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const rows = Buffer.concat(this.#rows)
    this.#rows = []
    this.#bytes = 0
    this.#connection?.stream.resume()
    return rows
  }

  /** The server would wait for ever to send the rest. */
  close(): void {
    if (!this.#isOver) this.#connection?.stream.destroy()
  }
}

class CopyIn implements pg.Submittable {
  readonly ready: Promise<CopyConnection>
  readonly finished: Promise<void>
  isOver = false
  readonly #sql: string
  readonly #ready = Promise.withResolvers<CopyConnection>()
  readonly #finished = Promise.withResolvers<void>()

  constructor(sql: string) {
    this.#sql = sql
    this.ready = this.#ready.promise
    this.finished = this.#finished.promise
    // Both fail together, and whoever waits for one may never come to the other.
    this.finished.catch(() => undefined)
  }

  submit(connection: pg.Connection): void {
    connection.query(this.#sql)
  }

  handleCopyInResponse(connection: CopyConnection): void {
    this.#ready.resolve(connection)
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.isOver = true
    this.#finished.resolve()
  }

  handleError(error: Error): void {
    this.isOver = true
    this.#ready.reject(error)
    this.#finished.reject(error)
  }
}
