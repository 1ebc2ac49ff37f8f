import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import {
  type BackupHead,
  type BackupManifest,
  headMember,
  manifestMember,
  parseHead,
  parseManifest,
  tableOfMember,
} from './archive-format.ts'
import { BackupError } from './backup-error.ts'
import { type Digests, digestProblems, RowsDigest } from './rows-digest.ts'
import type { BackupSource, TableContent } from './source.ts'
import { readTar, type TarMember } from './tar.ts'

/** What a file holds, once it has been read to its end and found whole. */
export interface VerifiedArchive {
  path: string
  head: BackupHead
  manifest: BackupManifest
}

/**
 * Reads the whole file and compares every row with its manifest. Throws {@link BackupError} where the file is missing, is
 * no backup, is cut off or is changed in any way that matters.
 */
export async function verifyArchive(path: string): Promise<VerifiedArchive> {
  let head: { parsed: BackupHead; sha256: string } | undefined
  let manifest: BackupManifest | undefined
  const digests = new Map<string, RowsDigest>()
  for await (const { name, data } of membersOf(path)) {
    if (head === undefined) {
      head = { parsed: parseHeadMember(name, data), sha256: createHash('sha256').update(data).digest('hex') }
      for (const table of head.parsed.tables) digests.set(table.name, new RowsDigest())
    } else if (name === manifestMember) {
      manifest = parseManifest(data)
    } else {
      digestFor(digests, name, manifest).add(data)
    }
  }
  if (!head || !manifest) throw new BackupError('The backup is cut off: it has no manifest.')
  const found: Digests = Object.fromEntries([...digests].map(([name, digest]) => [name, digest.result()]))
  const problems = digestProblems(manifest.tables, found)
  if (manifest.head !== head.sha256) problems.unshift('its first part is not the one it was written with')
  if (problems.length > 0) throw new BackupError(`The backup is damaged: ${problems.join('; ')}.`)
  return { path, head: head.parsed, manifest }
}

/** A verified file as a source to fill a database from; it is read once more. */
export function archiveSource({ path, head, manifest }: VerifiedArchive): BackupSource {
  return { head, tables: () => tablesOf(path, head), sequences: async () => manifest.sequences }
}

async function* tablesOf(path: string, head: BackupHead): AsyncGenerator<TableContent> {
  const members = membersOf(path)
  await members.next()
  let member: TarMember | undefined
  const advance = async () => {
    const { value, done } = await members.next()
    member = done ? undefined : value
  }
  await advance()
  for (const table of head.tables) yield { ...table, rows: rowsOf(table.name) }
  await members.return(undefined)

  async function* rowsOf(table: string): AsyncGenerator<Buffer> {
    while (member !== undefined && tableOfMember(member.name) === table) {
      yield member.data
      await advance()
    }
  }
}

async function* membersOf(path: string): AsyncGenerator<TarMember> {
  const gunzip = createGunzip({ chunkSize: 262_144 })
  const file = createReadStream(path, { highWaterMark: 262_144 })
  file.on('error', (error) => gunzip.destroy(error))
  try {
    yield* readTar(file.pipe(gunzip))
  } catch (error) {
    throw readable(error, path)
  } finally {
    file.destroy()
    gunzip.destroy()
  }
}

/** What zlib and the file system say, in words for whoever wants to restore. */
function readable(error: unknown, path: string): unknown {
  const code = (error as { code?: unknown }).code
  if (typeof code !== 'string') return error
  if (code === 'ENOENT') return new BackupError(`There is no file ${path}.`)
  if (code === 'Z_BUF_ERROR') return new BackupError('The backup is cut off: it ends in the middle.', { cause: error })
  if (!code.startsWith('Z_')) return error
  return new BackupError('This is not a backup of this product, or it is damaged.', { cause: error })
}

function parseHeadMember(name: string, data: Buffer): BackupHead {
  if (name !== headMember) throw new BackupError('This is not a backup of this product.')
  return parseHead(data)
}

function digestFor(digests: Map<string, RowsDigest>, name: string, manifest: BackupManifest | undefined): RowsDigest {
  const digest = digests.get(tableOfMember(name) ?? '')
  if (digest && !manifest) return digest
  throw new BackupError(`The backup is damaged: ${name} does not belong there.`)
}
