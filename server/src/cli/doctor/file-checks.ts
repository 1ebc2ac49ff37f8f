import type pg from 'pg'
import type { Config } from '../../config.ts'
import { backupRole } from '../../platform/database/programmable.ts'
import { openStorage } from '../../platform/storage/open-storage.ts'
import type { FileStorage } from '../../platform/storage/storage.ts'
import { type Finding, judged, ok } from './finding.ts'

/** Whether files can be stored, and the content of each document and image is there with its size; contents are not read. */
export async function filesFindings(client: pg.ClientBase, config: Config): Promise<Finding[]> {
  const storage = openStorage(config.files.storage)
  try {
    return [await writableFinding(storage), ...(await contentsFindings(client, storage))]
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

/** What has its content in the file storage: how the finding calls it, and its rows. */
const contents = [
  { check: 'files', things: 'documents', rows: 'SELECT storage_key, bytes FROM files ORDER BY workspace_id, id' },
  {
    check: 'images',
    things: 'images',
    // Those of an edited question share their content with the ones before.
    rows: 'SELECT storage_key, min(bytes) AS bytes FROM attachments GROUP BY storage_key ORDER BY storage_key',
  },
]

async function contentsFindings(client: pg.ClientBase, storage: FileStorage): Promise<Finding[]> {
  let stored: Map<string, number>
  const expected: StoredContent[][] = []
  try {
    for (const { rows } of contents) expected.push(await rowsOf(client, rows))
    stored = await sizesOf(storage)
  } catch (error) {
    return contents.map(({ check }) => ({ ...ok(check, `not looked at: ${reasonOf(error)}`), status: 'warn' }))
  }
  return contents.map(({ check, things }, index) => contentsFinding(check, things, expected[index] ?? [], stored))
}

function contentsFinding(check: string, things: string, rows: StoredContent[], stored: Map<string, number>): Finding {
  const problems = rows.flatMap(({ storage_key: key, bytes }) => {
    const size = stored.get(key)
    if (size === undefined) return [`${key} is missing`]
    return size === Number(bytes) ? [] : [`${key} has ${size} bytes in place of ${bytes}`]
  })
  const found = problems.length > 0 ? [`${problems.length} of ${rows.length} ${things} lack their content`] : []
  return judged(
    check,
    [...found, ...problems],
    `${rows.length} ${things}, each with its content`,
    'Bring the file storage back from its own backup (a backup of the database holds no files), or have them uploaded again.',
  )
}

async function sizesOf(storage: FileStorage): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  for await (const { key, bytes } of storage.list('')) sizes.set(key, bytes)
  return sizes
}

interface StoredContent {
  storage_key: string
  bytes: string
}

/** As the role of backups, since row-level security binds the owner too; its membership ends with the transaction. */
async function rowsOf(client: pg.ClientBase, query: string): Promise<StoredContent[]> {
  await client.query('BEGIN')
  try {
    await client.query(`GRANT ${backupRole} TO CURRENT_USER; SET LOCAL ROLE ${backupRole}`)
    return (await client.query(query)).rows
  } finally {
    await client.query('ROLLBACK')
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}
