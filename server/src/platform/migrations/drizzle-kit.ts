import { MigrationError } from './migration-error.ts'

/** The part of drizzle-kit's API that revisions need; it is a development dependency. */
export interface DrizzleKit {
  /** Describes tables, in drizzle-kit's own terms. */
  generateDrizzleJson(tables: Record<string, unknown>): Promise<{ ddl: unknown[] }>
  /** The statements that lead from one description to another. Throws an error with `missingHints` where it has to guess. */
  generateMigration(from: object, to: object, options: { hints: Hint[] }): Promise<string[]>
}

/** An answer to a question of drizzle-kit; `kind` and the names are its own. */
export type Hint =
  | { type: 'rename'; kind: string; from: readonly string[]; to: readonly string[] }
  | { type: 'create' | 'confirm_data_loss'; kind: string; entity: readonly string[] }

/** What drizzle-kit asks. */
export interface Question {
  type: 'rename_or_create' | 'confirm_data_loss'
  kind: string
  entity: readonly string[]
}

/** Loads drizzle-kit. Throws {@link MigrationError} where only production dependencies are installed. */
export async function loadDrizzleKit(): Promise<DrizzleKit> {
  try {
    return (await import('drizzle-kit/api-postgres')) as unknown as DrizzleKit
  } catch (error) {
    throw new MigrationError(
      'This needs drizzle-kit, a development dependency: run `npm install` without --omit=dev first.',
      { cause: error },
    )
  }
}
