import type { BackupHead } from './archive-format.ts'
import type { BackupTable, SequencePosition } from './tables.ts'

/** A table with its rows in COPY's text format; read them before going on to the next table. */
export interface TableContent extends BackupTable {
  rows: AsyncIterable<Buffer>
}

/** Where the data comes from that a database or a file is filled with: a database as of one moment, or a file. */
export interface BackupSource {
  head: BackupHead
  /** Every table of the head, in its order. */
  tables(): AsyncIterable<TableContent>
  /** Ask for them after the tables: of a later moment than the rows, so that no number is given out twice. */
  sequences(): Promise<SequencePosition[]>
}
