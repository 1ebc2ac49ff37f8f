import type { CatalogueExceptions } from '../platform/migrations/catalogue.ts'

/** What the catalogue rules let pass in this schema, each with its reason. */
export const catalogueExceptions: CatalogueExceptions = {
  openTables: { schema_migrations: 'holds nothing of any tenant, and the readiness check reads it' },
  policies: { memberships: 'people see their own memberships before they have chosen a workspace' },
  indexes: {
    memberships_user_id_idx: 'a sign-in looks for the workspaces of a person',
    chat_sessions_recent_idx: 'the search indexer follows what goes on in all workspaces',
    message_search_words_idx: 'of words; each row also has its workspace and project as words, and searches name one',
  },
  systemFunctions: {
    'keep_runs(uuid, interval, uuid[], uuid[], uuid[], text[], uuid[], jsonb[])':
      'one statement renews the runs of a process, whoever they belong to',
    'search_messages(text, uuid, timestamptz, uuid, int, int)':
      'a text index goes unused under a policy; it reads one workspace, that of the setting, and returns keys',
    'take_unindexed(int, int)': 'names what is new to the search index, whoever it belongs to',
    'store_words(uuid[], uuid[], int[], text[])': 'adds it to the search index',
    'forget_idempotency_keys()': 'drops keys after a day, whoever they belong to',
    'give_up_runs(uuid[])': 'takes the leases from the runs of processes that are gone, whoever they belong to',
    'reap_runs(uuid, boolean, uuid[])': 'ends and books the runs of processes that are gone, whoever they belong to',
    'exchange_limits(uuid, text[], int[], int[], text[], int[])':
      'the counts of rate limits belong to no tenant; it adds to digests and returns their sums',
    'forget_limits()': 'drops the counts of windows that are over',
    'set_instance_budget(bigint, bigint, numeric, numeric)': 'sums what all tenants have used, and returns nothing',
    'prompt_authors(uuid[])':
      'a user sees no account but their own; it names the authors of the workspace of the setting',
  },
  keys: {
    budget_reservations: ['workspace_id', 'message_id'],
    budgets: ['workspace_id', 'subject_id'],
    idempotency_keys: ['workspace_id', 'user_id', 'route', 'key'],
    memberships: ['workspace_id', 'user_id'],
    message_feedback: ['workspace_id', 'message_id', 'user_id'],
    message_search: ['workspace_id', 'session_id', 'seq'],
  },
}
