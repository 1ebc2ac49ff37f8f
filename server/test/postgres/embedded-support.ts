import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Client, type QueryResultRow } from 'pg'
import { pino } from 'pino'
import { afterAll, afterEach } from 'vitest'
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/platform/postgres/embedded-postgres.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

export const silent = pino({ level: 'silent' })

export const isRoot = process.getuid?.() === 0

/** A data folder and the servers on it, which are all stopped after each test. */
export interface Scene {
  /** Exists; everything the scene makes lies below its parent, which is removed at the end. */
  dataDir: string
  /** Starts PostgreSQL in this process. */
  start(options?: Partial<EmbeddedPostgresOptions>): Promise<EmbeddedPostgres>
  /** Starts it in a process of its own, which can be killed. */
  startServer(): Promise<ServerProcess>
  /** Moves the (stopped) data folder; the path is relative to its parent. */
  moveTo(path: string): void
}

/**
 * A scene that lasts for a whole test file: the first start makes the database, which takes a second or two, and every
 * test after it finds it stopped. Call it at the top of the file or within a `describe`.
 */
export async function useScene(): Promise<Scene> {
  const parent = await mkdtemp(join(tmpdir(), 'chatbot-pg-'))
  const started: EmbeddedPostgres[] = []
  const servers: ServerProcess[] = []
  const scene: Scene = {
    dataDir: join(parent, 'data'),
    start: async (options) => {
      const postgres = await startEmbeddedPostgres({ dataDir: scene.dataDir, logger: silent, ...options })
      started.push(postgres)
      return postgres
    },
    startServer: async () => {
      const server = await startServerProcess(scene.dataDir)
      servers.push(server)
      return server
    },
    moveTo: (path) => {
      const target = join(parent, path)
      mkdirSync(dirname(target), { recursive: true })
      renameSync(scene.dataDir, target)
      scene.dataDir = target
    },
  }
  mkdirSync(scene.dataDir, { mode: 0o700 })

  afterEach(async () => {
    const hasServers = servers.length > 0
    for (const server of servers.splice(0)) await server.kill()
    for (const postgres of started.splice(0)) await postgres.stop()
    // What a killed server left behind is adopted once more, since only so it can be stopped.
    if (hasServers) await (await startEmbeddedPostgres({ dataDir: scene.dataDir, logger: silent })).stop()
  })
  afterAll(() => rmSync(parent, { recursive: true, force: true }))
  return scene
}

/** Runs one statement on a connection of its own. */
export async function query<Row extends QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  // A server that is killed under an open connection is what some of these tests are about.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

/** Leaves one row, `kept`, behind. */
export async function keepNote(url: string, table: string): Promise<void> {
  await query(url, `CREATE TABLE ${table} AS SELECT 'kept' AS text`)
}

export async function postmasterPid(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10)
}
