import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { parseDatabaseUrl } from '../../src/platform/database/database-url.ts'
import { clusterArgument } from '../../src/platform/postgres/cluster.ts'
import { chooseIdentity } from '../../src/platform/postgres/process-identity.ts'
import type { TestDatabase } from './databases.ts'
import { freePort } from './free-port.ts'

/** A PgBouncer of a test on 127.0.0.1, in transaction mode, with a few connections to the database. */
export interface TestPgBouncer {
  /** For `DATABASE_POOLER_URL`. */
  url: string
  stop(): Promise<void>
}

/** Whether it is there. */
export const hasPgBouncer = spawnSync('pgbouncer', ['--version']).status === 0

if (!hasPgBouncer)
  process.stdout.write(
    'SKIPPED: PgBouncer is not installed, so nothing was tried with it (apt-get install pgbouncer)\n',
  )

/** In front of this database, for its runtime login, with `serverConnections` to it. */
export async function startPgBouncer(database: TestDatabase, serverConnections: number): Promise<TestPgBouncer> {
  const [folder, port] = [await mkdtemp(join(tmpdir(), 'chatbot-pgbouncer-')), await freePort()]
  const { hostname, port: serverPort, username, password, searchParams } = parseDatabaseUrl(database.runtimeUrl)
  const socketFolder = searchParams.get('host')
  // It refuses to run as root, and the embedded PostgreSQL's socket is for that server's account alone.
  const identity = socketFolder ? await chooseIdentity(socketFolder) : undefined
  const host = socketFolder ? clusterArgument(socketFolder, identity) : hostname
  const files = {
    'users.txt': `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"\n`,
    'pgbouncer.ini': `[databases]
${database.name} = host=${host} port=${searchParams.get('port') ?? (serverPort || '5432')}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users.txt')}
pool_mode = transaction
default_pool_size = ${serverConnections}
max_client_conn = 200
`,
  }
  await chmod(folder, 0o755)
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const place = { cwd: socketFolder ?? folder, ...(identity ?? (await chooseIdentity(folder))) }
  const child = spawn('pgbouncer', [join(folder, 'pgbouncer.ini')], { stdio: 'ignore', ...place })
  const stop = async () => {
    child.kill('SIGINT')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    await rm(folder, { recursive: true, force: true })
  }
  const url = `postgres://127.0.0.1:${port}/${database.name}`
  const withPassword = url.replace('//', `//${username}:${password}@`)
  for (let tries = 0; !(await answers(withPassword)); tries++) {
    if (tries === 100) {
      await stop()
      throw new Error('PgBouncer did not come up.')
    }
    await sleep(50)
  }
  return { url, stop }
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query('SELECT 1')).rows.length === 1
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
