import { hash } from 'node:crypto'

/** How many rows a table has, and a fingerprint of them that does not depend on their order. */
export interface TableDigest {
  rows: number
  /** 64 hexadecimal digits. */
  digest: string
}

/** The digest of each table, by name. */
export type Digests = Record<string, TableDigest>

const newline = 0x0a

/**
 * Digests rows in PostgreSQL's COPY text format, which ends each with a line feed and escapes those inside. The digest is
 * the sum of the SHA-256 of the rows, taken as four 64-bit little-endian numbers that are added up each by itself and
 * wrap around; so it is the same in whatever order a database hands out its rows.
 */
export class RowsDigest {
  #rows = 0
  readonly #sum = new BigUint64Array(4)
  #rest: Buffer[] = []

  /** Takes the next piece; rows may be cut anywhere between pieces. */
  add(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const part = chunk.subarray(start, end + 1)
      this.#addRow(this.#rest.length === 0 ? part : Buffer.concat([...this.#rest.splice(0), part]))
      start = end + 1
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start))
  }

  /** Hands the pieces on as they are, digested. */
  async *through(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.add(chunk)
      yield chunk
    }
  }

  result(): TableDigest {
    if (this.#rest.length > 0) this.#addRow(Buffer.concat(this.#rest.splice(0)))
    const bytes = Buffer.alloc(32)
    for (let i = 0; i < 4; i++) bytes.writeBigUInt64LE(this.#sum[i] ?? 0n, i * 8)
    return { rows: this.#rows, digest: bytes.toString('hex') }
  }

  #addRow(row: Buffer): void {
    const digest = hash('sha256', row, 'buffer')
    for (let i = 0; i < 4; i++) this.#sum[i] = (this.#sum[i] ?? 0n) + digest.readBigUInt64LE(i * 8)
    this.#rows++
  }
}

/** The digest of all pieces. */
export async function digestOf(chunks: AsyncIterable<Buffer>): Promise<TableDigest> {
  const digest = new RowsDigest()
  for await (const chunk of chunks) digest.add(chunk)
  return digest.result()
}

/** The tables in which two sets of digests differ, one sentence each. */
export function digestProblems(expected: Digests, found: Digests): string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort().flatMap((name) => {
    const [one, other] = [expected[name], found[name]]
    if (one?.rows !== other?.rows)
      return [`table ${name}: ${one?.rows ?? 'no'} rows expected, ${other?.rows ?? 'none'} found`]
    return one?.digest === other?.digest ? [] : [`table ${name}: its ${one?.rows} rows are not the same`]
  })
}
