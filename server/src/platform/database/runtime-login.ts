import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { DatabaseSetupError } from './database-setup-error.ts'
import { parseDatabaseUrl, withLogin } from './database-url.ts'
import { ensureRuntimeMember } from './roles.ts'
import { withSession } from './session.ts'

const { escapeIdentifier, escapeLiteral } = pg

/**
 * Makes (or finds) the weak login that the server runs as where only one strong URL is configured, and returns its URL.
 * The password is derived from the strong login's, so that every process and every start computes the same and nothing is
 * stored; where the URL holds none (trust, peer, a password file) from a key kept in `dataDir`.
 */
export async function ensureRuntimeLogin(client: pg.ClientBase, ownerUrl: string, dataDir: string): Promise<string> {
  const database = await currentDatabase(client)
  const login = `chatbot_app_${createHash('sha256').update(database).digest('hex').slice(0, 8)}`
  const password = await derivePassword(ownerUrl, `${database}/${login}`, dataDir)
  const url = withLogin(ownerUrl, login, password)
  await createLogin(client, login, password)
  await ensureRuntimeMember(client, login)
  await client.query(`GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO ${escapeIdentifier(login)}`)
  if (!(await acceptsLogin(url))) {
    await client.query(`ALTER ROLE ${escapeIdentifier(login)} LOGIN PASSWORD ${escapeLiteral(scramVerifier(password))}`)
  }
  return url
}

async function currentDatabase(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name')
  return rows[0]?.name ?? ''
}

async function createLogin(client: pg.ClientBase, login: string, password: string): Promise<void> {
  const { rows } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [login])
  if (rows.length > 0) return
  try {
    await client.query(
      `CREATE ROLE ${escapeIdentifier(login)} LOGIN PASSWORD ${escapeLiteral(scramVerifier(password))}`,
    )
  } catch (error) {
    if (!['42710', '23505'].includes(String((error as { code?: unknown }).code))) throw error
  }
}

/** False when the server refuses the password or the login (SQLSTATE class 28). */
async function acceptsLogin(url: string): Promise<boolean> {
  try {
    return await withSession(url, async () => true)
  } catch (error) {
    const { code } = ((error as DatabaseSetupError).cause ?? {}) as { code?: string }
    if (code?.startsWith('28')) return false
    throw error
  }
}

async function derivePassword(ownerUrl: string, purpose: string, dataDir: string): Promise<string> {
  const { password, searchParams } = parseDatabaseUrl(ownerUrl)
  const secret = decodeURIComponent(password) || searchParams.get('password') || (await keptKey(dataDir))
  return createHmac('sha256', secret).update(`chatbot-platform runtime login ${purpose}`).digest('base64url')
}

async function keptKey(dataDir: string): Promise<string> {
  const path = join(dataDir, 'runtime-login.key')
  await mkdir(dataDir, { recursive: true })
  try {
    await writeFile(path, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFile(path, 'utf8')
}

/**
 * The password as PostgreSQL stores it (RFC 5803; iterations as the server's default), so that the statement, which a
 * server may log, does not hold it in plain text.
 */
function scramVerifier(password: string): string {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  return `SCRAM-SHA-256$4096:${salt.toString('base64')}$${storedKey}:${serverKey}`
}
