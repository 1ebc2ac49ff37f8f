import type { CatalogueExceptions } from '../platform/migrations/catalogue.ts'

/** What the catalogue rules let pass in this schema, each with its reason. */
export const catalogueExceptions: CatalogueExceptions = {
  openTables: { schema_migrations: 'holds nothing of any tenant, and the readiness check reads it' },
  openSchemas: {
    pgboss: 'jobs of all tenants in one place; they hold ids, and their rows are read under the policies',
  },
  policies: { memberships: 'people see their own memberships before they have chosen a workspace' },
  indexes: {
    memberships_user_id_idx: 'a sign-in looks for the workspaces of a person',
    chat_sessions_recent_idx: 'the search indexer follows what goes on in all workspaces',
    message_search_words_idx: 'of words; each row also has its workspace and project as words, and searches name one',
    passage_words_words_idx: 'of words; each row also has its workspace and project as a word, and searches name one',
  },
  systemFunctions: {
    'files_without_vectors(text, int)':
      'names documents that another embedding model was used for, whoever they belong to; ids only',
    'files_under_way(interval)': 'names documents that nobody reads any more, whoever they belong to; ids only',
    'sources_due(interval, int)': 'names web sources whose next reading is due, whoever they belong to; ids only',
    'storage_keys_in_use(uuid[], uuid[], text[])':
      'the file storage belongs to no tenant: it tells which of the keys that lie there a document still has',
    'attachment_keys_in_use(uuid[], text[])':
      'the file storage belongs to no tenant: it tells which of the keys that lie there an image still has',
    'forget_unsent_attachments(interval)': 'drops images that nobody sent within a day, whoever they belong to',
    'keep_runs(uuid, interval, uuid[], uuid[], uuid[], text[], uuid[], jsonb[])':
      'one statement renews the runs of a process, whoever they belong to',
    'search_messages(text, uuid, timestamptz, uuid, int, int)':
      'a text index goes unused under a policy; it reads one workspace, that of the setting, and returns keys',
    'count_passages(uuid, text[])':
      'a text index goes unused under a policy; it reads one workspace, that of the setting, and returns counts',
    'known_words(uuid, text[])':
      'a text index goes unused under a policy; it reads one workspace, that of the setting, and returns words it was given',
    'rank_passages(uuid, text, text, text[], text[], real[], int)':
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
    citations: ['workspace_id', 'message_id', 'number'],
    idempotency_keys: ['workspace_id', 'user_id', 'route', 'key'],
    memberships: ['workspace_id', 'user_id'],
    message_feedback: ['workspace_id', 'message_id', 'user_id'],
    message_search: ['workspace_id', 'session_id', 'seq'],
    file_words: ['workspace_id', 'file_id', 'initial'],
    passage_vectors: ['workspace_id', 'file_id', 'ordinal'],
    passage_words: ['workspace_id', 'file_id', 'ordinal'],
    passages: ['workspace_id', 'file_id', 'ordinal'],
  },
}
