import { customType, foreignKey, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { type Programmable, systemAccess, tableRules } from '../../platform/database/programmable.ts'
import { files } from '../files/files.table.ts'

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

/** The words of passages, beside their text, so that ranking reads nothing else. */
export const passageWords = pgTable(
  'passage_words',
  {
    workspaceId: uuid('workspace_id').notNull(),
    fileId: uuid('file_id').notNull(),
    ordinal: integer().notNull(),
    projectId: uuid('project_id').notNull(),
    /** How many words the passage has. */
    length: integer().notNull(),
    /** See `lexemes.ts`; with one lexeme that is no word: `#`, the id of the workspace, `/`, that of the project. */
    words: tsvector().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.fileId, t.ordinal] }),
    foreignKey({
      name: 'passage_words_file_fkey',
      columns: [t.workspaceId, t.fileId],
      foreignColumns: [files.workspaceId, files.id],
    }).onDelete('cascade'),
    index('passage_words_words_idx').using('gin', t.words),
  ],
)

/** Which words a document has, by their first letter: what a mistyped word of a query is compared with. */
export const fileWords = pgTable(
  'file_words',
  {
    workspaceId: uuid('workspace_id').notNull(),
    fileId: uuid('file_id').notNull(),
    /** Of each of the words. */
    initial: text().notNull(),
    projectId: uuid('project_id').notNull(),
    /** Separated by spaces. */
    words: text().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.fileId, t.initial] }),
    foreignKey({
      name: 'file_words_file_fkey',
      columns: [t.workspaceId, t.fileId],
      foreignColumns: [files.workspaceId, files.id],
    }).onDelete('cascade'),
    index('file_words_project_idx').on(t.workspaceId, t.projectId, t.initial),
  ],
)

export const passageWordRules: Programmable[] = [
  ...tableRules('passage_words'),
  ...systemAccess('passage_words', 'SELECT'),
  ...tableRules('file_words'),
  {
    // Ranking reads many of these: as they are, beside their row, up to a size that no passage has.
    name: 'storage passage_words',
    up: 'ALTER TABLE passage_words ALTER COLUMN words SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);',
    down: 'ALTER TABLE passage_words ALTER COLUMN words SET STORAGE EXTENDED, RESET (toast_tuple_target);',
  },
  {
    // Each search reads all of what waits to be sorted in.
    name: 'pending passage_words',
    up: 'ALTER INDEX passage_words_words_idx SET (gin_pending_list_limit = 256);',
    down: 'ALTER INDEX passage_words_words_idx RESET (gin_pending_list_limit);',
  },
  {
    // To look for a mistyped word is to read many of these.
    name: 'storage file_words',
    up: 'ALTER TABLE file_words ALTER COLUMN words SET STORAGE EXTERNAL;',
    down: 'ALTER TABLE file_words ALTER COLUMN words SET STORAGE EXTENDED;',
  },
]
