import type { CatalogueExceptions } from '../platform/migrations/catalogue.ts'

/** What the catalogue rules let pass in this schema, each with its reason. */
export const catalogueExceptions: CatalogueExceptions = {
  openTables: { schema_migrations: 'holds nothing of any tenant, and the readiness check reads it' },
  policies: { memberships: 'people see their own memberships before they have chosen a workspace' },
  indexes: { memberships_user_id_idx: 'a sign-in looks for the workspaces of a person' },
  systemFunctions: {
    'keep_runs(uuid, interval, uuid[], uuid[], text[])':
      'one statement renews the runs of a process, whoever they belong to',
    'reap_runs()': 'ends the runs of processes that are gone, whoever they belong to',
  },
  keys: { memberships: ['workspace_id', 'user_id'] },
}
