import type pg from 'pg'
import { backupRole, runtimeRole, systemRole } from '../../platform/database/programmable.ts'
import { withSession } from '../../platform/database/session.ts'
import { strengthsOf } from '../../platform/database/weakness.ts'
import { type Finding, judged } from './finding.ts'

const attributes = `(VALUES ('SUPERUSER', r.rolsuper), ('BYPASSRLS', r.rolbypassrls), ('CREATEROLE', r.rolcreaterole),
    ('CREATEDB', r.rolcreatedb), ('REPLICATION', r.rolreplication)) AS a(name, held)`

/** Memberships that give rights; before version 16 all do. */
const effective = `coalesce((to_jsonb(m) ->> 'inherit_option')::bool OR (to_jsonb(m) ->> 'set_option')::bool, true)`

/**
 * Whether the roles are what they should be: the three of the product exist and nobody can log in as them, and no login
 * that serves (`runtimeUrl`, and every member of the runtime role but the owner) can get around row-level security.
 */
export async function rolesFinding(client: pg.ClientBase, runtimeUrl: string | undefined): Promise<Finding> {
  const problems = new Set<string>()
  for (const sql of [ownRolesSql, servingLoginsSql, membershipsSql]) {
    const { rows } = await client.query<{ problem: string }>(sql, [[runtimeRole, systemRole, backupRole]])
    for (const { problem } of rows) problems.add(problem)
  }
  for (const problem of await runtimeProblems(runtimeUrl)) problems.add(problem)
  return judged(
    'roles',
    [...problems].sort(),
    'all there, and the logins that serve are weak',
    'As a superuser: ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOCREATEROLE …, or REVOKE the membership or right.',
  )
}

async function runtimeProblems(runtimeUrl: string | undefined): Promise<string[]> {
  if (runtimeUrl === undefined) return []
  try {
    return await withSession(runtimeUrl, async (client) => {
      const { rows } = await client.query<{ login: string }>('SELECT session_user AS login')
      return (await strengthsOf(client)).map((strength) => `login ${rows[0]?.login}: ${strength}`)
    })
  } catch (error) {
    return [`the login that serves cannot connect: ${error instanceof Error ? error.message : String(error)}`]
  }
}

const ownRolesSql = `
  SELECT format('the role %s does not exist', wanted.name) AS problem FROM unnest($1::text[]) AS wanted(name)
   WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name)
  UNION ALL
  SELECT format('the role %s has the attribute %s', r.rolname, a.name) FROM pg_roles r
    CROSS JOIN LATERAL (SELECT * FROM ${attributes} UNION ALL SELECT 'LOGIN', r.rolcanlogin) a WHERE a.held AND r.rolname = ANY ($1)`

/** `serving`: the logins that have the rights of the runtime role, the owner of the database aside. */
const serving = `WITH RECURSIVE members AS (
    SELECT m.member AS oid FROM pg_auth_members m WHERE m.roleid = (SELECT oid FROM pg_roles WHERE rolname = ($1::text[])[1]) AND ${effective}
    UNION SELECT m.member FROM pg_auth_members m JOIN members ON members.oid = m.roleid WHERE ${effective}
  ), serving AS (
    SELECT r.* FROM pg_roles r JOIN members USING (oid) WHERE r.rolcanlogin
       AND r.oid <> (SELECT datdba FROM pg_database WHERE datname = current_database()) AND r.rolname <> current_user
  )`

const servingLoginsSql = `${serving}
  SELECT format('login %s: has the attribute %s', r.rolname, a.name) AS problem FROM serving r CROSS JOIN LATERAL ${attributes} WHERE a.held`

const membershipsSql = `${serving}
  SELECT format('login %s: is a member of the role %s', r.rolname, g.rolname) AS problem
    FROM serving r JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid
   WHERE g.rolname <> ($1::text[])[1] AND ${effective}`
