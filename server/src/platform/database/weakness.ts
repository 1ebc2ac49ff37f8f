import type pg from 'pg'
import { runtimeRole } from './programmable.ts'

/**
 * Why the login of `client` could get around row-level security, one sentence each; empty when it cannot. It must hold
 * no attribute but LOGIN, own nothing, create nothing, and belong to no role but the runtime role.
 */
export async function strengthsOf(client: pg.ClientBase): Promise<string[]> {
  const attributes = await attributesOf(client)
  // A superuser owns, may and belongs to everything: one sentence says it all.
  if (attributes.includes('SUPERUSER')) return ['is a superuser']
  return [
    ...attributes.map((attribute) => `has the attribute ${attribute}`),
    ...(await names(client, ownedSql)).map((name) => `owns ${name}`),
    ...(await names(client, creatableSql)).map((name) => `may create in ${name}`),
    ...(await names(client, membershipsSql, [runtimeRole])).map((name) => `is a member of the role ${name}`),
    ...(await names(client, truncatableSql)).map((name) => `may truncate or put triggers on ${name}`),
  ]
}

async function attributesOf(client: pg.ClientBase): Promise<string[]> {
  // The runtime role and any role the login can act as count: SET ROLE takes their attributes on.
  return names(
    client,
    `SELECT DISTINCT a.name FROM pg_roles r CROSS JOIN LATERAL (VALUES
         ('SUPERUSER', r.rolsuper), ('BYPASSRLS', r.rolbypassrls), ('CREATEROLE', r.rolcreaterole),
         ('CREATEDB', r.rolcreatedb), ('REPLICATION', r.rolreplication)) AS a(name, held)
      WHERE a.held AND (r.rolname = session_user OR r.rolname = $1 AND pg_has_role(session_user, r.oid, 'MEMBER'))
      ORDER BY a.name`,
    [runtimeRole],
  )
}

const userSchemas = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`

const ownedSql = `
  SELECT 'the database ' || quote_ident(datname) AS name FROM pg_database
   WHERE datname = current_database() AND pg_has_role(session_user, datdba, 'MEMBER')
  UNION ALL
  SELECT 'the schema ' || quote_ident(n.nspname) FROM pg_namespace n
   WHERE ${userSchemas} AND pg_has_role(session_user, n.nspowner, 'MEMBER')
  UNION ALL
  SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${userSchemas} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND pg_has_role(session_user, c.relowner, 'MEMBER')
  UNION ALL
  SELECT format('the function %I.%I', n.nspname, p.proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE ${userSchemas} AND pg_has_role(session_user, p.proowner, 'MEMBER')
  LIMIT 20`

const creatableSql = `
  SELECT 'the database ' || quote_ident(current_database()) AS name
   WHERE has_database_privilege(session_user, current_database(), 'CREATE')
  UNION ALL
  SELECT 'the schema ' || quote_ident(n.nspname) FROM pg_namespace n
   WHERE ${userSchemas} AND has_schema_privilege(session_user, n.oid, 'CREATE')`

const membershipsSql = `
  SELECT r.rolname AS name FROM pg_roles r
   WHERE r.rolname NOT IN (session_user, $1) AND pg_has_role(session_user, r.oid, 'MEMBER') ORDER BY 1`

// TRUNCATE ignores policies, and a trigger runs with the rights of whoever fires it.
const truncatableSql = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${userSchemas} AND c.relkind IN ('r', 'p') AND has_table_privilege(session_user, c.oid, 'TRUNCATE, TRIGGER')
     AND NOT pg_has_role(session_user, c.relowner, 'MEMBER')`

async function names(client: pg.ClientBase, sql: string, values: string[] = []): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(sql, values)
  return rows.map((row) => row.name)
}
