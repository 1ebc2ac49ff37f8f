import { z } from 'zod'
import { BackupError } from './backup-error.ts'

const formatName = 'chatbot-platform backup'
const formatVersion = 1

/** The first member of an archive, `backup.json`: what the backup is of. */
export const BackupHead = z.object({
  format: z.literal(formatName),
  version: z.literal(formatVersion),
  created_at: z.iso.datetime(),
  /** The release that made it, e.g. `0.2.0`. */
  release: z.string(),
  /** The version of the PostgreSQL it comes from, e.g. `18.4`. */
  postgres: z.string(),
  /** The migrations of the database, oldest first, with the checksum of each. */
  migrations: z.array(z.object({ id: z.string(), checksum: z.string() })).min(1),
  tables: z.array(z.object({ name: z.string().min(1).max(63), columns: z.array(z.string().min(1)).min(1) })),
})
export type BackupHead = z.infer<typeof BackupHead>

/** The last member, `manifest.json`: what the archive must hold to be whole. */
export const BackupManifest = z.object({
  /** SHA-256 of `backup.json`, hex. */
  head: z.string(),
  tables: z.record(z.string(), z.object({ rows: z.int().min(0), digest: z.string().length(64) })),
  sequences: z.array(z.object({ table: z.string(), column: z.string(), last: z.string().nullable() })),
})
export type BackupManifest = z.infer<typeof BackupManifest>

export const headMember = 'backup.json'
export const manifestMember = 'manifest.json'

/** A part of a table: rows in COPY's text format. */
export function tableMember(table: string, part: number): string {
  return `tables/${table}/${String(part).padStart(6, '0')}.copy`
}

/** The table that a member is a part of. */
export function tableOfMember(name: string): string | undefined {
  return /^tables\/([^/]+)\/\d{6,}\.copy$/.exec(name)?.[1]
}

export function newHead(fields: Omit<BackupHead, 'format' | 'version'>): BackupHead {
  return { format: formatName, version: formatVersion, ...fields }
}

/** Throws {@link BackupError}: not a backup, or in the format of a later release. */
export function parseHead(data: Buffer): BackupHead {
  const value = parseJson(data, headMember)
  const kind = z.object({ format: z.literal(formatName), version: z.int() }).safeParse(value)
  if (!kind.success) throw new BackupError('This is not a backup of this product.')
  if (kind.data.version > formatVersion) {
    throw new BackupError(
      `The backup has format ${kind.data.version}, and this release reads up to ${formatVersion}: use a newer release.`,
    )
  }
  return parse(BackupHead, value, headMember)
}

/** Throws {@link BackupError}. */
export function parseManifest(data: Buffer): BackupManifest {
  return parse(BackupManifest, parseJson(data, manifestMember), manifestMember)
}

function parse<S extends z.ZodType>(schema: S, value: unknown, member: string): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new BackupError(`The backup is damaged: ${member} does not say what it should.`)
}

function parseJson(data: Buffer, member: string): unknown {
  try {
    return JSON.parse(data.toString('utf8'))
  } catch (error) {
    throw new BackupError(`The backup is damaged: ${member} is not JSON.`, { cause: error })
  }
}
