import { statfs } from 'node:fs/promises'
import type pg from 'pg'
import { type Finding, ok } from './finding.ts'

const oldestVersion = 15
const newestTestedVersion = 18
const clockWarnMs = 2000
const clockFailMs = 60_000
const gibibyte = 1_073_741_824
const leastFreeBytes = gibibyte / 4

/** Whether this PostgreSQL is one that the product supports. */
export async function versionFinding(client: pg.ClientBase, where: string): Promise<Finding> {
  const release = await setting(client, 'server_version')
  const found = `${release.split(' ')[0]}, ${where}`
  const major = Number.parseInt(release, 10)
  if (major < oldestVersion) {
    const next = `Move to PostgreSQL ${oldestVersion} or newer.`
    return { check: 'PostgreSQL', status: 'fail', found: [found], next }
  }
  if (major <= newestTestedVersion) return ok('PostgreSQL', found)
  return { check: 'PostgreSQL', status: 'warn', found: [found], next: `Tested up to ${newestTestedVersion}.` }
}

/** Whether what is committed survives a power cut. */
export async function durabilityFinding(client: pg.ClientBase): Promise<Finding> {
  const check = 'durability'
  const off: string[] = []
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit']) {
    if ((await setting(client, name)) === 'off') off.push(name)
  }
  if (off.length === 0) return ok(check, 'fsync, full_page_writes and synchronous_commit are on')
  const found = [
    `${off.join(' and ')} ${off.length === 1 ? 'is' : 'are'} off: a power cut may lose answers or the database`,
  ]
  const status = off.includes('fsync') || off.includes('full_page_writes') ? 'fail' : 'warn'
  return { check, status, found, next: `Set ${off.join(', ')} to on in postgresql.conf.` }
}

/** How far the clocks of this process and of PostgreSQL are apart. `now` is in milliseconds since 1970. */
export async function clockFinding(client: pg.ClientBase, now: () => number = Date.now): Promise<Finding> {
  const check = 'clock'
  const before = now()
  const { rows } = await client.query<{ at: number }>(
    'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS at',
  )
  const after = now()
  // When in between PostgreSQL looked at its clock is not known.
  const apartMs = Math.max(0, Math.abs((rows[0]?.at ?? 0) - (before + after) / 2) - (after - before) / 2)
  if (apartMs < clockWarnMs) return ok(check, `the database's differs by ${Math.round(apartMs)} ms`)
  const found = [`the database's differs by ${(apartMs / 1000).toFixed(1)} s`]
  const next = 'Let both machines set their clocks by NTP: leases, tokens and daily limits go by them.'
  return { check, status: apartMs < clockFailMs ? 'warn' : 'fail', found, next }
}

/** How large the database is and, where its disk can be seen from here (the embedded one), how much room is left. */
export async function diskFinding(client: pg.ClientBase, dataDir: string | undefined): Promise<Finding> {
  const { rows } = await client.query<{ bytes: string }>('SELECT pg_database_size(current_database())::text AS bytes')
  const size = Number(rows[0]?.bytes ?? 0)
  const found = `the database takes ${inWords(size)}`
  if (dataDir === undefined) return ok('disk', `${found}; how much is free is not to be seen from here`)
  const { bavail, bsize } = await statfs(dataDir)
  return roomFinding(`${found}; ${inWords(bavail * bsize)} are free in ${dataDir}`, size, bavail * bsize)
}

/** A backup and some migrations need about as much room as the database takes. */
export function roomFinding(found: string, sizeBytes: number, freeBytes: number): Finding {
  const next = 'Make room, or move DATA_DIR to a larger disk: PostgreSQL stops when it cannot write.'
  if (freeBytes < leastFreeBytes) return { check: 'disk', status: 'fail', found: [found], next }
  if (freeBytes < Math.max(gibibyte, sizeBytes)) return { check: 'disk', status: 'warn', found: [found], next }
  return ok('disk', found)
}

async function setting(client: pg.ClientBase, name: string): Promise<string> {
  const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [name])
  return rows[0]?.value ?? ''
}

function inWords(bytes: number): string {
  return bytes < gibibyte ? `${Math.round(bytes / 1_048_576)} MiB` : `${(bytes / gibibyte).toFixed(1)} GiB`
}
