import type pg from 'pg'
import type { Config } from '../../config.ts'
import { backupRole } from '../../platform/database/programmable.ts'
import { openStorage } from '../../platform/storage/open-storage.ts'
import type { FileStorage } from '../../platform/storage/storage.ts'
import { type Finding, judged, ok } from './finding.ts'

/** Whether documents can be stored, and the content of each is there with its size; contents themselves are not read. */
export async function filesFindings(client: pg.ClientBase, config: Config): Promise<Finding[]> {
  const storage = openStorage(config.files.storage)
  try {
    return [await writableFinding(storage), await contentsFinding(client, storage)]
  } finally {
    await storage.close()
  }
}

async function writableFinding(storage: FileStorage): Promise<Finding> {
  const check = 'file storage'
  try {
    await storage.check()
    return ok(check, 'can be written to')
  } catch (error) {
    const next = 'Look at FILES_URL, its keys, the rights of its folder and the room on its disk.'
    return { check, status: 'fail', found: [reasonOf(error)], next }
  }
}

async function contentsFinding(client: pg.ClientBase, storage: FileStorage): Promise<Finding> {
  const check = 'files'
  let stored: Map<string, number>
  let rows: Awaited<ReturnType<typeof filesOf>>
  try {
    rows = await filesOf(client)
    stored = await sizesOf(storage)
  } catch (error) {
    return { ...ok(check, `not looked at: ${reasonOf(error)}`), status: 'warn' }
  }
  const problems = rows.flatMap(({ storage_key: key, bytes }) => {
    const size = stored.get(key)
    if (size === undefined) return [`${key} is missing`]
    return size === Number(bytes) ? [] : [`${key} has ${size} bytes in place of ${bytes}`]
  })
  const found = problems.length > 0 ? [`${problems.length} of ${rows.length} documents lack their content`] : []
  return judged(
    check,
    [...found, ...problems],
    `${rows.length} documents, each with its content`,
    'Bring the file storage back from its own backup (a backup of the database holds no files), or have them uploaded again.',
  )
}

async function sizesOf(storage: FileStorage): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  for await (const { key, bytes } of storage.list('')) sizes.set(key, bytes)
  return sizes
}

/** As the role of backups, since row-level security binds the owner too; its membership ends with the transaction. */
async function filesOf(client: pg.ClientBase): Promise<{ storage_key: string; bytes: string }[]> {
  await client.query('BEGIN')
  try {
    await client.query(`GRANT ${backupRole} TO CURRENT_USER; SET LOCAL ROLE ${backupRole}`)
    return (await client.query('SELECT storage_key, bytes FROM files ORDER BY workspace_id, id')).rows
  } finally {
    await client.query('ROLLBACK')
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}
