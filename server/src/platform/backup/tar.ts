import { BackupError } from './backup-error.ts'

/** A file inside a tar archive. */
export interface TarMember {
  name: string
  data: Buffer
}

const blockBytes = 512
/** Far above any member that is written; keeps a file that is no backup from filling the memory. */
const maxMemberBytes = 1_073_741_824

/** A member as it stands in the archive: header, data, padding (POSIX ustar). Names have up to 100 bytes. */
export function tarMember({ name, data }: TarMember): Buffer[] {
  const header = Buffer.alloc(blockBytes)
  header.write(name, 0, 100, 'utf8')
  header.write('0000600\0', 100, 'latin1')
  header.write('0000000\0', 108, 'latin1')
  header.write('0000000\0', 116, 'latin1')
  header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  header.write('00000000000\0', 136, 'latin1')
  header.write('0', 156, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return [header, data, Buffer.alloc(paddingOf(data.length))].filter(({ length }) => length > 0)
}

/** What ends an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * blockBytes)
}

/** The members of an archive, each read into memory. Throws {@link BackupError} where it is cut off or is none. */
export async function* readTar(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarMember> {
  const input = new ByteReader(chunks)
  for (;;) {
    const header = await input.read(blockBytes)
    if (header.every((byte) => byte === 0)) break
    const { name, size } = parseHeader(header)
    yield { name, data: await input.read(size) }
    await input.read(paddingOf(size))
  }
  await input.read(blockBytes)
  // To the very end: only then is the checksum of the compressed file looked at.
  if (!(await input.isAtEnd())) throw new BackupError('The backup is damaged: something follows its end.')
}

function parseHeader(header: Buffer): { name: string; size: number } {
  const field = (start: number, length: number) =>
    header.toString('latin1', start, start + length).replace(/[\0 ]+$/, '')
  const size = Number.parseInt(field(124, 12), 8)
  if (
    field(257, 5) !== 'ustar' ||
    Number.parseInt(field(148, 8), 8) !== checksumOf(header) ||
    !(size <= maxMemberBytes)
  ) {
    throw new BackupError('This is not a backup of this product, or it is damaged.')
  }
  return { name: header.toString('utf8', 0, 100).replace(/\0.*$/s, ''), size }
}

/** The sum of the header's bytes, with its own field taken as spaces. */
function checksumOf(header: Buffer): number {
  return header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0)
}

function paddingOf(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes
}

/** Reads exact lengths out of pieces of any length. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>
  #waiting: Buffer[] = []
  #bytes = 0

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  async read(length: number): Promise<Buffer> {
    while (this.#bytes < length) {
      if (!(await this.#more())) throw new BackupError('The backup is cut off: it ends in the middle.')
    }
    const [only] = this.#waiting
    const all = only && this.#waiting.length === 1 ? only : Buffer.concat(this.#waiting)
    const rest = all.subarray(length)
    this.#waiting = rest.length === 0 ? [] : [rest]
    this.#bytes = rest.length
    return all.subarray(0, length)
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#bytes === 0 && (await this.#more())) {
      // An empty piece says nothing.
    }
    return this.#bytes === 0
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#chunks.next()
    if (done) return false
    this.#waiting.push(value)
    this.#bytes += value.length
    return true
  }
}
