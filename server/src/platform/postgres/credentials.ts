import { randomBytes } from 'node:crypto'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurableFile } from './durable-file.ts'
import { EmbeddedPostgresError, hasCode } from './embedded-postgres-error.ts'

/** The passwords of the embedded server's three logins. */
export interface Credentials {
  superuser: string
  owner: string
  runtime: string
}

/**
 * The passwords of this data folder, from `postgres-credentials.json` (mode 0600); made on the first start.
 *
 * @throws EmbeddedPostgresError when there is a database but its passwords are gone or unreadable
 */
export async function readOrCreateCredentials(dataDir: string, clusterFolder: string): Promise<Credentials> {
  const stored = await readCredentials(dataDir)
  if (stored) return stored
  if (await exists(join(clusterFolder, 'PG_VERSION'))) {
    throw new EmbeddedPostgresError(
      `${credentialsFile(dataDir)} is missing, and without it the database in ${clusterFolder} cannot be opened. ` +
        'Restore that file from the backup of the data folder.',
    )
  }
  const made: Credentials = { superuser: makePassword(), owner: makePassword(), runtime: makePassword() }
  // Before the cluster exists: a crash in between leaves passwords without a cluster, never the reverse.
  await writeDurableFile(credentialsFile(dataDir), `${JSON.stringify(made, null, 2)}\n`)
  return made
}

/** The stored passwords, or undefined where none were made yet. */
export async function readCredentials(dataDir: string): Promise<Credentials | undefined> {
  const file = credentialsFile(dataDir)
  try {
    return parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw new EmbeddedPostgresError(
      `${file} cannot be read. It belongs to the account that first started the server: use that one, or restore the file.`,
      { cause: error },
    )
  }
}

function parse(value: unknown): Credentials {
  const { superuser, owner, runtime } = (value ?? {}) as Record<string, unknown>
  if (typeof superuser !== 'string' || typeof owner !== 'string' || typeof runtime !== 'string') {
    throw new TypeError('A password is missing.')
  }
  return { superuser, owner, runtime }
}

function credentialsFile(dataDir: string): string {
  return join(dataDir, 'postgres-credentials.json')
}

/** 192 random bits in letters that need no escaping in a URL. */
function makePassword(): string {
  return randomBytes(24).toString('base64url')
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
