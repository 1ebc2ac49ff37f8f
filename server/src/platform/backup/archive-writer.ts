import { createHash } from 'node:crypto'
import { access, mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { renameDurably } from '../postgres/durable-file.ts'
import { type BackupManifest, headMember, manifestMember, tableMember } from './archive-format.ts'
import { BackupError } from './backup-error.ts'
import { type Digests, RowsDigest } from './rows-digest.ts'
import type { BackupSource, TableContent } from './source.ts'
import { tarEnd, tarMember } from './tar.ts'

/** A part is read into memory as a whole when it is restored. */
const partBytes = 1_048_576

/** Text shrinks to about a quarter at a third of the work of zlib's default level. */
const compressionLevel = 3

/**
 * Writes everything of `source` into a gzipped tar archive at `path`, which only its owner may read and which is there in
 * full or not at all. Returns what it holds. Throws {@link BackupError} where a file of that name exists.
 */
export async function writeArchive(source: BackupSource, path: string): Promise<Digests> {
  if (await exists(path)) throw new BackupError(`${path} exists already. Choose another name.`)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}.partial`
  const digests: Digests = {}
  try {
    const file = await open(temporary, 'wx', 0o600)
    // `flush` syncs the file before it is closed.
    await pipeline(
      Readable.from(members(source, digests), { objectMode: false }),
      createGzip({ level: compressionLevel }),
      file.createWriteStream({ flush: true }),
    )
    await renameDurably(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  return digests
}

async function* members(source: BackupSource, digests: Digests): AsyncGenerator<Buffer> {
  const head = Buffer.from(`${JSON.stringify(source.head, null, 1)}\n`)
  yield* tarMember({ name: headMember, data: head })
  for await (const table of source.tables()) yield* tableMembers(table, digests)
  const manifest: BackupManifest = {
    head: createHash('sha256').update(head).digest('hex'),
    tables: digests,
    sequences: await source.sequences(),
  }
  yield* tarMember({ name: manifestMember, data: Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`) })
  yield tarEnd()
}

/** One member for each piece, since a tar archive says the length of a member before it; an empty one for no rows. */
async function* tableMembers(table: TableContent, digests: Digests): AsyncGenerator<Buffer> {
  const digest = new RowsDigest()
  let parts = 0
  for await (const data of gathered(digest.through(table.rows))) {
    yield* tarMember({ name: tableMember(table.name, ++parts), data })
  }
  if (parts === 0) yield* tarMember({ name: tableMember(table.name, 1), data: Buffer.alloc(0) })
  digests[table.name] = digest.result()
}

/** The same bytes in pieces of about {@link partBytes}. */
async function* gathered(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    waiting.push(chunk)
    bytes += chunk.length
    if (bytes < partBytes) continue
    yield Buffer.concat(waiting)
    waiting = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(waiting)
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
