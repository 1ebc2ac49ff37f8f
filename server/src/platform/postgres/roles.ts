import { Client } from 'pg'
import type { Credentials } from './credentials.ts'

export const ownerRole = 'chatbot_owner'
export const runtimeRole = 'chatbot_app'
export const databaseName = 'chatbot'

interface Found {
  version: string
  owner_ready: boolean
  runtime_ready: boolean
  /** Null: there is no such database yet. */
  is_open_to_all: boolean | null
}

/**
 * Makes what the platform needs in a cluster, and repairs what was changed by hand: the login that owns the schema and
 * migrates it, the login the server runs with (no right but to connect), and their database. Idempotent.
 *
 * @returns the server's version, e.g. `18.4`
 * @throws pg's error, with code 28P01 when the superuser's password is not the cluster's
 */
export async function ensureRoles(superuserUrl: string, credentials: Credentials): Promise<string> {
  const client = new Client({ connectionString: superuserUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    const { version, owner_ready, runtime_ready, is_open_to_all } = await inspect(client)
    if (!owner_ready) await writeRole(client, ownerRole, 'CREATEROLE', credentials.owner)
    if (!runtime_ready) await writeRole(client, runtimeRole, 'NOCREATEROLE', credentials.runtime)
    if (is_open_to_all === null) await client.query(`CREATE DATABASE ${databaseName} OWNER ${ownerRole}`)
    if (is_open_to_all !== false) {
      await client.query(`GRANT CONNECT ON DATABASE ${databaseName} TO ${ownerRole}, ${runtimeRole}`)
      // Last: it is what the next start looks at to see whether all was done.
      await client.query(`REVOKE ALL ON DATABASE ${databaseName} FROM PUBLIC`)
    }
    return version
  } finally {
    await client.end()
  }
}

async function inspect(client: Client): Promise<Found> {
  const plain = 'rolcanlogin AND NOT rolsuper AND NOT rolbypassrls AND NOT rolcreatedb AND NOT rolreplication'
  const { rows } = await client.query<Found>(
    `SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
            EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND ${plain} AND rolcreaterole) AS owner_ready,
            EXISTS (SELECT FROM pg_roles WHERE rolname = $2 AND ${plain} AND NOT rolcreaterole) AS runtime_ready,
            (SELECT has_database_privilege('public', oid, 'CONNECT') FROM pg_database WHERE datname = $3)
              AS is_open_to_all`,
    [ownerRole, runtimeRole, databaseName],
  )
  const [found] = rows
  if (!found) throw new Error('PostgreSQL did not answer a question about its roles.')
  return found
}

async function writeRole(client: Client, role: string, attribute: string, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role])
  await client.query(
    `${rowCount ? 'ALTER' : 'CREATE'} ROLE ${role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOREPLICATION ${attribute} ` +
      `PASSWORD ${client.escapeLiteral(password)}`,
  )
}
