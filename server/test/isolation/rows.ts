import { getTableColumns, getTableName } from 'drizzle-orm'
import { withSession } from '../../src/platform/database/session.ts'
import { tables } from '../../src/schema.ts'
import type { TestDatabase } from '../support/databases.ts'
import type { Tenant } from './tenants.ts'

export const tenantTables = Object.values(tables)
  .filter((table) => 'workspaceId' in getTableColumns(table))
  .map((table) => getTableName(table))

/** All rows of these tenants as one hash for each table. */
export async function rowsOf(database: TestDatabase, tenants: Tenant[]): Promise<Record<string, string>> {
  const workspaces = tenants.map(({ claims }) => claims.wid)
  const users = tenants.map(({ claims }) => claims.sub)
  return withSession(database.superuserUrl, async (client) => {
    const hashes: Record<string, string> = {}
    const hash = async (table: string, column: string, ids: string[]) => {
      const { rows } = await client.query(
        `SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) AS hash FROM ${table} t WHERE ${column} = ANY ($1)`,
        [ids],
      )
      hashes[table] = rows[0].hash
    }
    for (const table of tenantTables) await hash(table, 'workspace_id', workspaces)
    await hash('workspaces', 'id', workspaces)
    await hash('users', 'id', users)
    return hashes
  })
}
