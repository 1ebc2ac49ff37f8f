import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { withDatabase } from '../../src/platform/database/database-url.ts'
import { prepareDatabase } from '../../src/platform/database/prepare-database.ts'
import { lockDataDir } from '../../src/platform/postgres/data-dir-lock.ts'
import { startEmbeddedPostgres } from '../../src/platform/postgres/embedded-postgres.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { asAdmin, type TestDatabase } from '../support/databases.ts'
import { converse, databaseFor, db, fingerprints, folder, freshPath, save, settingsOf } from './backup-scene.ts'

vi.setConfig({ testTimeout: 120_000 })
const logger = pino({ level: 'silent' })

interface Instance {
  dataDir: string
  database: TestDatabase
  app: TestApp
  stop(): Promise<void>
}

/** A server on the embedded database of a data folder, which it holds as the product's does. */
async function startInstance(dataDir: string): Promise<Instance> {
  const lock = await lockDataDir(dataDir)
  const embedded = await startEmbeddedPostgres({ dataDir, logger })
  const { ownerUrl, runtimeUrl } = embedded
  await prepareDatabase({ url: runtimeUrl, ownerUrl, dataDir, appVersion: '0.1.0', logger })
  const superuserUrl = withDatabase(embedded.superuserUrl, 'chatbot')
  const database = { name: 'chatbot', ownerUrl, runtimeUrl, superuserUrl, drop: async () => undefined }
  const app = await startTestApp({ database })
  let isStopped = false
  const stop = async () => {
    if (isStopped) return
    isStopped = true
    await app.close()
    await embedded.stop()
    await lock.release()
  }
  onTestFinished(stop)
  return { dataDir, database, app, stop }
}

const newFolder = () => join(folder, randomBytes(6).toString('hex'))

test('the embedded database is saved while it serves and when it is stopped, and restored into a new folder', async () => {
  const { dataDir, database, app, stop } = await startInstance(newFolder())
  await converse(app)
  const before = await fingerprints(database)
  const [running, stopped] = [freshPath(), freshPath()]
  expect(await db({ DATA_DIR: dataDir }, 'backup', running)).toMatchObject({ code: 0, error: '' })
  await stop()
  expect((await db({ DATA_DIR: dataDir }, 'backup', stopped)).out).toMatch(/^saved \d+ rows of \d+ tables into /)

  const target = newFolder()
  for (const [path, ...options] of [[running], [stopped, '--replace', '--yes']] as const) {
    const { code, out } = await db({ DATA_DIR: target }, 'restore', path, ...options)
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/restored and compared: \d+ rows/) })
  }
  expect((await readdir(folder)).filter((name) => name.startsWith('before-restore-'))).toHaveLength(1)
  const restored = await startInstance(target)
  const { message_search: _, ...saved } = before
  expect(await fingerprints(restored.database)).toMatchObject(saved)
})

test('a database is not restored under a server, and not replaced without being asked', async () => {
  const { dataDir, app } = await startInstance(newFolder())
  await app.user()
  const path = freshPath()
  await db({ DATA_DIR: dataDir }, 'backup', path)
  const refused = await db({ DATA_DIR: dataDir }, 'restore', path, '--replace', '--yes', '--no-copy')
  expect(refused).toMatchObject({ code: 1, error: expect.stringContaining('Stop it first') })
  const unasked = await db({ DATA_DIR: dataDir }, 'restore', path, '--replace')
  expect(unasked).toMatchObject({ code: 2, error: expect.stringContaining('needs --yes') })
})

test('an embedded instance is promoted to a server, row for row, and stays as it is', async () => {
  const { dataDir, database, app, stop } = await startInstance(newFolder())
  await converse(app)
  const target = await databaseFor({ empty: true })
  const to = ['promote', '--to', target.ownerUrl]
  const busy = await db({ DATA_DIR: dataDir }, ...to)
  expect(busy).toMatchObject({ code: 1, error: expect.stringContaining('Stop it first') })
  const before = await fingerprints(database)
  await stop()

  const { code, out } = await db({ DATA_DIR: dataDir }, ...to)
  onTestFinished(() => dropMadeLogin(target))
  expect(code).toBe(0)
  expect(out).toMatch(/messages +6 rows {2}[0-9a-f]{64}/)
  expect(out).toContain(`DATABASE_URL=${target.ownerUrl}`)
  const { message_search: _, ...saved } = before
  expect(await fingerprints(target)).toMatchObject(saved)
  expect(await db(settingsOf(target), 'current')).toMatchObject({ code: 0, out: expect.stringContaining('(head)') })
  expect(await db({ DATA_DIR: dataDir }, ...to)).toMatchObject({ code: 1, error: expect.stringContaining('not empty') })
  expect(await fingerprints((await startInstance(dataDir)).database)).toMatchObject(saved)
})

test('a restore is tried in a throw-away database, and touches no other', async () => {
  const app = await startTestApp()
  onTestFinished(app.close)
  await converse(app)
  const [path, nothing] = [await save(app.database), newFolder()]
  const { code, out } = await db({ DATA_DIR: nothing }, 'restore', path, '--test')
  expect({ code, out }).toEqual({
    code: 0,
    out: expect.stringMatching(/compared: \d+ rows of \d+ tables, and thrown away$/),
  })
  expect(await readdir(nothing).catch(() => 'nothing')).toBe('nothing')
})

test('what is not there cannot be saved, promoted or looked at, and nothing is made', async () => {
  const nothing = newFolder()
  for (const args of [['backup'], ['current'], ['history'], ['promote', '--to', 'postgres://a:b@127.0.0.1:1/c']]) {
    const { code, error } = await db({ DATA_DIR: nothing }, ...args)
    expect({ code, error }).toEqual({ code: 1, error: expect.stringContaining('There is no embedded database in') })
  }
  expect(await readdir(nothing).catch(() => 'nothing')).toBe('nothing')
})

test.each([
  [['restore']],
  [['backup', 'a', 'b']],
  [['promote']],
  [['promote', '--to', 'sqlite://x']],
  [['doctor', 'x']],
])('wrong usage %j shows the commands', async (args) => {
  const { code, error } = await db({ DATA_DIR: newFolder() }, ...args)
  expect({ code, error }).toEqual({ code: 2, error: expect.stringContaining('npm run db -- <command>') })
})

/** The weak login that promoting made; roles outlive their database. */
async function dropMadeLogin(database: TestDatabase): Promise<void> {
  const login = `chatbot_app_${createHash('sha256').update(database.name).digest('hex').slice(0, 8)}`
  await asAdmin(`REVOKE ALL ON DATABASE ${database.name} FROM ${login}`)
  await asAdmin(`DROP ROLE ${login}`)
}
