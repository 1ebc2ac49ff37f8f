import type pg from 'pg'
import { jobsSchema } from '../database/programmable.ts'

/**
 * The objects of schema public by name, e.g. `column projects.title`, and those of pg-boss's schema with its name before
 * theirs, each with all that matters of it as text.
 */
export type DatabaseDescription = Record<string, string>

/**
 * Describes schema public and pg-boss's so that two databases can be compared: tables, columns, constraints, indexes,
 * policies, row-level security flags, triggers, functions, types, extensions, owners and grants. The login that owns the
 * migrations appears as `owner` whatever its name, and the table of applied migrations is left out. Works for any login
 * that may connect, on PostgreSQL 15 to 18.
 */
export async function describeDatabase(client: pg.ClientBase): Promise<DatabaseDescription> {
  const description: DatabaseDescription = {}
  for (const query of [relations, columns, constraints, indexes, policies, triggers, functions, others]) {
    const { rows } = await client.query<{ object: string; details: string }>(withCommon(query))
    for (const { object, details } of rows) description[object] = details
  }
  return Object.fromEntries(Object.entries(description).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** How `actual` differs from `expected`, one line each; empty when they are the same. */
export function differences(expected: DatabaseDescription, actual: DatabaseDescription): string[] {
  const objects = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort()
  return objects.flatMap((object) => {
    if (expected[object] === actual[object]) return []
    if (actual[object] === undefined) return [`missing: ${object}`]
    if (expected[object] === undefined) return [`unexpected: ${object} ${actual[object]}`]
    return [`different: ${object}\n    expected ${expected[object]}\n    found    ${actual[object]}`]
  })
}

/** `ours` are the relations of our schemas but the ledger; `who` names a role, the owner of the schema's objects as `owner`. */
function withCommon(query: string): string {
  return `WITH owner AS (
      SELECT coalesce((SELECT relowner FROM pg_class WHERE oid = to_regclass('public.schema_migrations')),
                      (SELECT datdba FROM pg_database WHERE datname = current_database())) AS oid
    ), who AS (
      SELECT r.oid, CASE WHEN r.oid = owner.oid THEN 'owner' ELSE r.rolname END AS name FROM pg_roles r, owner
      UNION ALL SELECT 0, 'PUBLIC'
    ), schemas AS (
      SELECT oid, nspname, nspowner, nspacl, CASE nspname WHEN 'public' THEN '' ELSE nspname || '.' END AS prefix
        FROM pg_namespace WHERE nspname IN ('public', '${jobsSchema}')
    ), ours AS (
      SELECT c.oid, s.prefix || c.relname AS relname, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
             c.relacl, c.reloptions
        FROM pg_class c JOIN schemas s ON s.oid = c.relnamespace WHERE c.relname NOT LIKE 'schema\\_migrations%'
         AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ) ${query}`
}

/** Grants in an access list as `role: SELECT, UPDATE`; the owner's own rights are not told, they go without saying. */
function grants(list: string, owner: string): string {
  return `(SELECT coalesce(string_agg(g.name || ': ' || g.rights, '; ' ORDER BY g.name), 'none') FROM (
      SELECT who.name, string_agg(acl.privilege_type || CASE WHEN acl.is_grantable THEN ' with grant option' ELSE '' END, ', ' ORDER BY acl.privilege_type) AS rights
        FROM aclexplode(${list}) acl JOIN who ON who.oid = acl.grantee WHERE acl.grantee <> ${owner} GROUP BY who.name) g)`
}

const relations = `
  SELECT CASE c.relkind WHEN 'S' THEN 'sequence ' WHEN 'v' THEN 'view ' WHEN 'm' THEN 'view ' ELSE 'table ' END || c.relname AS object,
         concat_ws(' | ', 'kind ' || c.relkind::text, 'owned by ' || who.name,
           CASE WHEN c.relrowsecurity THEN 'row security' END, CASE WHEN c.relforcerowsecurity THEN 'forced' END,
           'options ' || array_to_string(c.reloptions, ','), pg_get_viewdef(c.oid),
           'grants ' || ${grants(`coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))`, 'c.relowner')}) AS details
    FROM ours c JOIN who ON who.oid = c.relowner WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')`

const columns = `
  SELECT 'column ' || c.relname || '.' || a.attname AS object,
         concat_ws(' | ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
           'default ' || pg_get_expr(d.adbin, d.adrelid), 'identity ' || nullif(a.attidentity::text, ''),
           'generated ' || nullif(a.attgenerated::text, ''),
           (SELECT 'collation ' || l.collname FROM pg_collation l WHERE l.oid = a.attcollation AND l.collname <> 'default'),
           CASE WHEN a.attacl IS NOT NULL THEN 'grants ' || ${grants('a.attacl', 'c.relowner')} END) AS details
    FROM ours c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped`

// From version 18 NOT NULL is a constraint too; it shows at its column.
const constraints = `
  SELECT 'constraint ' || c.relname || '.' || k.conname AS object,
         pg_get_constraintdef(k.oid) || CASE WHEN k.convalidated THEN '' ELSE ' (not validated)' END AS details
    FROM ours c JOIN pg_constraint k ON k.conrelid = c.oid WHERE k.contype <> 'n' AND k.contype <> 't'`

const indexes = `
  SELECT 'index ' || (SELECT prefix FROM schemas WHERE oid = x.relnamespace) || x.relname AS object,
         pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END AS details
    FROM ours c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid`

const policies = `
  SELECT 'policy ' || c.relname || '.' || p.polname AS object,
         concat_ws(' | ', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, 'command ' || p.polcmd::text,
           'to ' || (SELECT string_agg(who.name, ', ' ORDER BY who.name) FROM who WHERE who.oid = ANY (p.polroles)),
           'using ' || pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_get_expr(p.polwithcheck, p.polrelid)) AS details
    FROM ours c JOIN pg_policy p ON p.polrelid = c.oid`

const triggers = `
  SELECT 'trigger ' || c.relname || '.' || t.tgname AS object, pg_get_triggerdef(t.oid) || ' enabled ' || t.tgenabled::text AS details
    FROM ours c JOIN pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal`

const functions = `
  SELECT 'function ' || p.oid::regprocedure::text AS object,
         concat_ws(' | ', 'owned by ' || who.name,
           'grants ' || ${grants(`coalesce(p.proacl, acldefault('f', p.proowner))`, 'p.proowner')},
           CASE WHEN p.prokind = 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END) AS details
    FROM pg_proc p JOIN who ON who.oid = p.proowner
   WHERE p.pronamespace IN (SELECT oid FROM schemas)
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')`

const others = `
  SELECT 'type ' || s.prefix || t.typname AS object,
         concat_ws(' | ', t.typtype::text, 'owned by ' || who.name, format_type(nullif(t.typbasetype, 0), t.typtypmod),
           (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
           (SELECT string_agg(k.conname || ' ' || pg_get_constraintdef(k.oid), ', ' ORDER BY k.conname) FROM pg_constraint k
             WHERE k.contypid = t.oid AND k.contype = 'c')) AS details
    FROM pg_type t JOIN who ON who.oid = t.typowner JOIN schemas s ON s.oid = t.typnamespace
   WHERE t.typtype IN ('e', 'd', 'r')
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
  UNION ALL
  SELECT 'schema ' || s.nspname, 'grants ' || ${grants('s.nspacl', 's.nspowner')} FROM schemas s WHERE s.nspname <> 'public'
  UNION ALL
  SELECT 'extension ' || extname, '' FROM pg_extension WHERE extname <> 'plpgsql'
  UNION ALL
  SELECT 'default grants of ' || who.name || ' on ' || a.defaclobjtype::text, ${grants('a.defaclacl', 'a.defaclrole')}
    FROM pg_default_acl a JOIN who ON who.oid = a.defaclrole WHERE a.defaclnamespace IN (0, 'public'::regnamespace)`
