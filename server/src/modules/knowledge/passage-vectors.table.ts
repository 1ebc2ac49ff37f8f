import { customType, foreignKey, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { type Programmable, systemAccess, tableRules } from '../../platform/database/programmable.ts'
import { files } from '../files/files.table.ts'

const varbit = customType<{ data: string }>({ dataType: () => 'varbit' })
const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** What passages mean, as vectors of one model. Vectors of different models say nothing about each other. */
export const passageVectors = pgTable(
  'passage_vectors',
  {
    workspaceId: uuid('workspace_id').notNull(),
    fileId: uuid('file_id').notNull(),
    ordinal: integer().notNull(),
    projectId: uuid('project_id').notNull(),
    /** Provider, model and dimensions. */
    model: text().notNull(),
    /** A bit for each dimension: whether it is positive. What is near by these is compared exactly. */
    signs: varbit().notNull(),
    /** A signed byte for each dimension, the largest 127. */
    vector: bytea().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.fileId, t.ordinal] }),
    foreignKey({
      name: 'passage_vectors_file_fkey',
      columns: [t.workspaceId, t.fileId],
      foreignColumns: [files.workspaceId, files.id],
    }).onDelete('cascade'),
    index('passage_vectors_model_idx').on(t.workspaceId, t.projectId, t.model),
  ],
)

export const passageVectorRules: Programmable[] = [
  ...tableRules('passage_vectors'),
  ...systemAccess('passage_vectors', 'SELECT'),
  {
    // A search reads the signs of all passages and the vectors of a few: large ones are kept elsewhere.
    name: 'storage passage_vectors',
    up: `ALTER TABLE passage_vectors ALTER COLUMN signs SET STORAGE PLAIN, ALTER COLUMN vector SET STORAGE EXTERNAL,
  SET (toast_tuple_target = 128);`,
    down: `ALTER TABLE passage_vectors ALTER COLUMN signs SET STORAGE EXTENDED, ALTER COLUMN vector SET STORAGE EXTENDED,
  RESET (toast_tuple_target);`,
  },
]
