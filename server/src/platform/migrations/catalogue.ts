import type pg from 'pg'
import { backupRole, runtimeRole, systemRole } from '../database/programmable.ts'

/** What the rules of {@link catalogueProblems} let pass, each with its reason. */
export interface CatalogueExceptions {
  /** Tables without row-level security. */
  openTables: Record<string, string>
  /** Schemas beside public that the runtime role may use; their tables have no policies. */
  openSchemas: Record<string, string>
  /** Tenant tables whose policy shows more than the tenant's rows. */
  policies: Record<string, string>
  /** Indexes of tenant tables that do not begin with workspace_id. */
  indexes: Record<string, string>
  /** Functions that see every tenant's rows, as `name(type, …)`, owned by the system role. */
  systemFunctions: Record<string, string>
  /** The key of a tenant table that has no id; `workspace_id, id` otherwise. */
  keys: Record<string, readonly string[]>
}

interface Rule {
  /** One row per violation: `object` as it is named in the exceptions, `problem` the sentence. */
  sql: string
  values: (exceptions: CatalogueExceptions) => unknown[]
}

/**
 * Breaches of the rules that keep tenants apart, one sentence each; empty when the database keeps them all: row-level
 * security on, forced and with a policy; every row visible to backups; composite keys, foreign keys and indexes that begin with the tenant; no function
 * with its owner's rights and no policy for another role than those listed. A tenant table is one with a workspace_id.
 */
export async function catalogueProblems(client: pg.ClientBase, exceptions: CatalogueExceptions): Promise<string[]> {
  const problems: string[] = []
  for (const { sql, values } of rules) {
    const { rows } = await client.query<{ problem: string }>(common + sql, values(exceptions))
    problems.push(...rows.map(({ problem }) => problem))
  }
  return problems.sort()
}

const names = (record: Record<string, unknown>) => Object.keys(record)

const common = `WITH tables AS (
    SELECT c.oid, c.relname::text AS name, c.relrowsecurity, c.relforcerowsecurity, c.relowner, c.relacl, c.relpersistence,
           EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped) AS of_tenant
      FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  ) `

/** The names of an array of column numbers, in order. */
const columnsOf = (table: string, numbers: string) =>
  `(SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(${numbers}) WITH ORDINALITY AS k(number, place)
      JOIN pg_attribute a ON a.attrelid = ${table} AND a.attnum = k.number)`

/** `currentWorkspace` (programmable.ts) compared with workspace_id, as PostgreSQL prints it. */
const ownTenant = `^\\(workspace_id = \\( SELECT \\(NULLIF\\(current_setting\\('app\\.workspace_id'::text, true\\), ''::text\\)\\)::uuid AS "?nullif"?\\)\\)$`

const rules: Rule[] = [
  {
    sql: `SELECT format('table %s: row-level security is off', t.name) AS problem FROM tables t
           WHERE NOT t.relrowsecurity AND t.name <> ALL ($1)
          UNION ALL SELECT format('table %s: row-level security is not forced on its owner', t.name) FROM tables t
           WHERE NOT t.relforcerowsecurity AND t.name <> ALL ($1)
          UNION ALL SELECT format('table %s: has no policy', t.name) FROM tables t
           WHERE t.name <> ALL ($1) AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND 0 = ANY (p.polroles))`,
    values: ({ openTables }) => [names(openTables)],
  },
  {
    sql: `SELECT format('table %s: its policy %s shows more than the rows of the tenant', t.name, p.polname) AS problem
            FROM tables t JOIN pg_policy p ON p.polrelid = t.oid CROSS JOIN unnest(p.polroles) AS role(oid)
           WHERE t.of_tenant AND t.name <> ALL ($1) AND p.polpermissive
             AND role.oid IS DISTINCT FROM (SELECT oid FROM pg_roles WHERE rolname = $2)
             AND NOT (p.polcmd = 'r' AND role.oid IS NOT DISTINCT FROM (SELECT oid FROM pg_roles WHERE rolname = $4))
             AND (coalesce(pg_get_expr(p.polqual, t.oid), '') !~ $3 OR coalesce(pg_get_expr(p.polwithcheck, t.oid), '') !~ $3)`,
    values: ({ policies }) => [names(policies), systemRole, ownTenant, backupRole],
  },
  {
    sql: `SELECT format('table %s: its policy %s is for the role %s', t.name, p.polname, r.rolname) AS problem
            FROM tables t JOIN pg_policy p ON p.polrelid = t.oid CROSS JOIN unnest(p.polroles) AS role(oid)
            JOIN pg_roles r ON r.oid = role.oid WHERE r.rolname <> $1 AND NOT (r.rolname = $2 AND p.polcmd = 'r')`,
    values: () => [systemRole, backupRole],
  },
  {
    sql: `SELECT format('table %s: a backup would miss rows of it', t.name) AS problem FROM tables t
           WHERE t.relrowsecurity AND t.relpersistence = 'p'
             AND NOT EXISTS (SELECT FROM pg_policy p JOIN pg_roles r ON r.oid = ANY (p.polroles) WHERE p.polrelid = t.oid
               AND r.rolname = $1 AND p.polcmd = 'r' AND p.polpermissive AND pg_get_expr(p.polqual, t.oid) = 'true')`,
    values: () => [backupRole],
  },
  {
    sql: `SELECT format('table %s: has no key (%s)', t.name, array_to_string(wanted.columns, ', ')) AS problem FROM tables t
            CROSS JOIN LATERAL (SELECT coalesce(
              (SELECT array_agg(c.value ORDER BY c.place) FROM json_array_elements_text($1::json -> t.name) WITH ORDINALITY AS c(value, place)),
              ARRAY['workspace_id', 'id']) AS columns) wanted
           WHERE t.of_tenant AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype IN ('p', 'u')
             AND ${columnsOf('t.oid', 'k.conkey')} = wanted.columns)`,
    values: ({ keys }) => [JSON.stringify(keys)],
  },
  {
    sql: `SELECT format('table %s: the foreign key %s does not begin with workspace_id on both sides', t.name, k.conname) AS problem
            FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid JOIN tables f ON f.oid = k.confrelid
           WHERE k.contype = 'f' AND f.of_tenant
             AND (${columnsOf('t.oid', 'k.conkey')}[1] <> 'workspace_id' OR ${columnsOf('f.oid', 'k.confkey')}[1] <> 'workspace_id'
               OR cardinality(k.conkey) < 2)`,
    values: () => [],
  },
  {
    sql: `SELECT format('table %s: the index %s does not begin with workspace_id', t.name, x.relname) AS problem
            FROM tables t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class x ON x.oid = i.indexrelid
           WHERE t.of_tenant AND x.relname <> ALL ($1) AND pg_get_indexdef(i.indexrelid, 1, true) <> 'workspace_id'`,
    values: ({ indexes }) => [names(indexes)],
  },
  {
    sql: `SELECT format('function %s: runs with the rights of its owner and is not listed', p.oid::regprocedure) AS problem
            FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
             AND NOT EXISTS (SELECT FROM unnest($1::text[]) AS listed(signature) WHERE to_regprocedure(signature) = p.oid)
          UNION ALL SELECT format('function %s: is not owned by %s', p.oid::regprocedure, $2::text)
            FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
             AND p.proowner <> (SELECT oid FROM pg_roles WHERE rolname = $2)
          UNION ALL SELECT format('function %s: has no fixed search_path', p.oid::regprocedure)
            FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
             AND NOT coalesce(p.proconfig @> ARRAY['search_path=pg_catalog, public, pg_temp'], false)`,
    values: ({ systemFunctions }) => [names(systemFunctions), systemRole],
  },
  {
    sql: `SELECT format('function %s: everybody may run it', p.oid::regprocedure) AS problem FROM pg_proc p
           WHERE p.pronamespace = 'public'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE')
             AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')`,
    values: () => [],
  },
  {
    sql: `SELECT format('table %s: %s may %s', t.name, who.name, a.privilege_type) AS problem
            FROM tables t CROSS JOIN LATERAL aclexplode(t.relacl) a
            CROSS JOIN LATERAL (SELECT coalesce((SELECT rolname FROM pg_roles WHERE oid = a.grantee), 'everybody') AS name) who
           WHERE a.grantee <> t.relowner AND (who.name NOT IN ($1, $2, $3)
              OR who.name = $3 AND a.privilege_type <> 'SELECT'
              OR a.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') OR a.is_grantable)`,
    values: () => [runtimeRole, systemRole, backupRole],
  },
  {
    sql: `SELECT format('%s %s: views and foreign tables are not covered by these rules', CASE c.relkind WHEN 'f' THEN 'foreign table' ELSE 'view' END, c.relname) AS problem
            FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND (c.relkind IN ('m', 'f')
              OR c.relkind = 'v' AND NOT coalesce(c.reloptions @> ARRAY['security_invoker=true'], false))`,
    values: () => [],
  },
  {
    sql: `SELECT format('schema public: %s may create in it', coalesce(r.rolname, 'everybody')) AS problem
            FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
           WHERE n.nspname = 'public' AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner`,
    values: () => [],
  },
  {
    sql: `SELECT format('schema %s: %s may use it and it is not listed', n.nspname, r.rolname) AS problem
            FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a JOIN pg_roles r ON r.oid = a.grantee
           WHERE r.rolname IN ($2, $3, $4) AND n.nspname <> 'public' AND n.nspname <> ALL ($1)
          UNION ALL SELECT format('schema %s: %s may %s in it', n.nspname, coalesce(r.rolname, 'everybody'), a.privilege_type)
            FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
           WHERE n.nspname = ANY ($1) AND a.grantee <> n.nspowner AND (r.rolname IS DISTINCT FROM $2 OR a.privilege_type <> 'USAGE')
          UNION ALL SELECT format('table %s.%s: %s may %s', n.nspname, c.relname, coalesce(r.rolname, 'everybody'), a.privilege_type)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) a
            LEFT JOIN pg_roles r ON r.oid = a.grantee
           WHERE n.nspname = ANY ($1) AND a.grantee <> c.relowner AND (r.rolname IS DISTINCT FROM $2
              OR a.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') OR a.is_grantable)
          UNION ALL SELECT format('function %s: runs with the rights of its owner and is not listed', p.oid::regprocedure)
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY ($1) AND p.prosecdef`,
    values: ({ openSchemas }) => [names(openSchemas), runtimeRole, systemRole, backupRole],
  },
]
