import pg from 'pg'
import { DatabaseSetupError, needsSql } from './database-setup-error.ts'
import { backupRole, jobsSchema, runtimeRole, systemRole } from './programmable.ts'

const { escapeIdentifier } = pg
const oldestVersion = 150_000
/** From here on a membership says separately whether it is inherited and whether SET ROLE is allowed. */
const versionWithMembershipOptions = 160_000

/**
 * Refuses a server older than PostgreSQL 15 and a login that may not keep its schemas in the database; throws
 * {@link DatabaseSetupError}. `client` is the owner login's.
 */
export async function requireUsableDatabase(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{
    version: number
    release: string
    login: string
    database: string
    owns: boolean
  }>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS release,
            current_user AS login, current_database() AS database,
            pg_has_role(current_user, nspowner, 'USAGE') AND (to_regnamespace($1) IS NOT NULL
              OR has_database_privilege(current_database(), 'CREATE')) AS owns
       FROM pg_namespace WHERE nspname = 'public'`,
    [jobsSchema],
  )
  const found = rows[0]
  if (!found)
    throw needsSql('The database has no schema "public".', ['CREATE SCHEMA public AUTHORIZATION pg_database_owner;'])
  if (found.version < oldestVersion) {
    throw new DatabaseSetupError(`PostgreSQL ${found.release} is too old; this server needs 15 or newer.`)
  }
  if (!found.owns) {
    throw needsSql(`The login "${found.login}" does not own the database it should keep its tables in.`, [
      `ALTER DATABASE ${escapeIdentifier(found.database)} OWNER TO ${escapeIdentifier(found.login)};`,
      'ALTER SCHEMA public OWNER TO pg_database_owner;',
    ])
  }
}

/**
 * Makes sure that the NOLOGIN roles exist, that the owner login may act as the system role, and that only roles of ours
 * may create in the schema. Roles belong to the whole PostgreSQL server, so several databases and several starting
 * processes share them. Throws {@link DatabaseSetupError} with the SQL to run where the login may not.
 */
export async function ensureRoles(client: pg.ClientBase): Promise<void> {
  const { login, version } = await identity(client)
  const missing: string[] = []
  for (const role of [runtimeRole, systemRole, backupRole]) {
    if (!(await mayRun(client, () => ensureRole(client, role)))) missing.push(`CREATE ROLE ${role} NOLOGIN;`)
  }
  const grant = `GRANT ${systemRole} TO ${escapeIdentifier(login)}${version >= versionWithMembershipOptions ? ' WITH INHERIT FALSE, SET TRUE' : ''};`
  if (!(await mayRun(client, () => ensureMayActAs(client, version, grant)))) missing.push(grant)
  if (missing.length > 0) {
    missing.push(`GRANT ${runtimeRole} TO ${escapeIdentifier(login)} WITH ADMIN OPTION;`)
    throw needsSql(`The login "${login}" may not make the database roles this server needs.`, missing)
  }
  await ensureSchemaGrants(client)
}

/** Looked at first, so that an ordinary start changes nothing. */
async function ensureSchemaGrants(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ right: boolean }>(
    `SELECT NOT has_schema_privilege('public', 'public', 'CREATE') AND bool_and(coalesce(g.given, false)) AS right
       FROM unnest(ARRAY['${runtimeRole}', '${systemRole}', '${backupRole}']) AS r(name)
       LEFT JOIN (SELECT acl.grantee::regrole::text AS name, true AS given FROM pg_namespace n, aclexplode(n.nspacl) acl
                   WHERE n.nspname = 'public' AND acl.privilege_type = 'USAGE') g ON g.name = r.name`,
  )
  if (rows[0]?.right) return
  await client.query(
    `REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO ${runtimeRole}, ${systemRole}, ${backupRole}`,
  )
}

/** Makes `login` a member of the runtime role, whose rights it inherits. Throws {@link DatabaseSetupError}. */
export async function ensureRuntimeMember(client: pg.ClientBase, login: string): Promise<void> {
  if (await hasRuntimeRights(client, login)) return
  if (!(await roleExists(client, login))) {
    throw needsSql(`The login "${login}" of DATABASE_URL does not exist.`, [
      `CREATE ROLE ${escapeIdentifier(login)} LOGIN PASSWORD 'the one in DATABASE_URL' IN ROLE ${runtimeRole};`,
    ])
  }
  const { version } = await identity(client)
  const grant = `GRANT ${runtimeRole} TO ${escapeIdentifier(login)}${version >= versionWithMembershipOptions ? ' WITH INHERIT TRUE' : ''};`
  const granted = await mayRun(client, () => client.query(grant))
  if (granted && (await hasRuntimeRights(client, login))) return
  const inherit = granted ? [`ALTER ROLE ${escapeIdentifier(login)} INHERIT;`] : []
  throw needsSql(`The login "${login}" lacks the rights of ${runtimeRole}.`, [...inherit, grant])
}

async function hasRuntimeRights(client: pg.ClientBase, login: string): Promise<boolean> {
  const { rows } = await client.query<{ member: boolean }>(
    `SELECT pg_has_role(l.oid, g.oid, 'USAGE') AS member FROM pg_roles l, pg_roles g WHERE l.rolname = $1 AND g.rolname = $2`,
    [login, runtimeRole],
  )
  return rows[0]?.member === true
}

async function identity(client: pg.ClientBase): Promise<{ login: string; version: number }> {
  const { rows } = await client.query<{ login: string; version: number }>(
    `SELECT current_user AS login, current_setting('server_version_num')::int AS version`,
  )
  return rows[0] as { login: string; version: number }
}

async function roleExists(client: pg.ClientBase, role: string): Promise<boolean> {
  const { rows } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])
  return rows.length > 0
}

async function ensureRole(client: pg.ClientBase, role: string): Promise<void> {
  if (await roleExists(client, role)) return
  try {
    await client.query(`CREATE ROLE ${role} NOLOGIN`)
  } catch (error) {
    // Another process was faster: duplicate_object, or unique_violation when both were at it in the same instant.
    if (!['42710', '23505'].includes(String((error as { code?: unknown }).code))) throw error
  }
}

async function ensureMayActAs(client: pg.ClientBase, version: number, grant: string): Promise<void> {
  const privilege = version >= versionWithMembershipOptions ? 'SET' : 'MEMBER'
  const { rows } = await client.query<{ may: boolean }>(
    `SELECT pg_has_role(current_user, oid, '${privilege}') AS may FROM pg_roles WHERE rolname = '${systemRole}'`,
  )
  if (rows[0]?.may === false) await client.query(grant)
}

/** False when the login may not (42501); a grant that raced another process is tried again. */
async function mayRun(client: pg.ClientBase, work: () => Promise<unknown>): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    try {
      await work()
      return true
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string }
      if (code === '42501') return false
      const raced = code === '23505' || (code === 'XX000' && message?.includes('concurrently updated'))
      if (!raced || attempt === 5) throw error
      await client.query('SELECT pg_sleep(0.05)')
    }
  }
}
