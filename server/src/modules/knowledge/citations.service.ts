import type { Citation } from '@chatbot-platform/contract'
import type { Database } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { type CitingRun, type GivenPassage, readCitations, storeCitations } from './citations.repository.ts'
import { toCitation } from './citations.ts'

export type CitationsService = ReturnType<typeof createCitationsService>

/** A citation with the text of its passage; null where its document no longer has it. */
export interface CitedPassage {
  citation: Citation
  text: string | null
}

/** What answers were given out of documents. Under `ownerId` this process owns its runs. */
export function createCitationsService({ db, ownerId }: { db: Database; ownerId: string }) {
  return {
    /**
     * Notes what an answer is given, before the model is. Returns the numbers that count: without documents that were
     * deleted since. Null where the answer is no longer this process's to write.
     */
    store(run: Omit<CitingRun, 'ownerId'>, passages: GivenPassage[]): Promise<number[] | null> {
      return storeCitations(db, { ...run, ownerId }, { passages })
    },

    /** Notes that an answer is given what another was, with the same numbers, and returns that. Null as above. */
    async copy(
      scope: Scope,
      run: Omit<CitingRun, 'ownerId' | 'workspaceId'>,
      fromMessageId: string,
    ): Promise<CitedPassage[] | null> {
      const { workspaceId } = scope
      const stored = await storeCitations(db, { ...run, workspaceId, ownerId }, { copiedFrom: fromMessageId })
      if (stored === null || stored.length === 0) return stored && []
      const found = await db.tenant(scope, (tx) => readCitations(tx, scope, [run.messageId]))
      return found.map((one) => {
        const citation = toCitation(one)
        return { citation, text: citation.state === 'available' ? (one.passage?.text ?? null) : null }
      })
    },

    /** Everything that an answer was given, also what it does not cite. */
    ofMessage(scope: Scope, messageId: string): Promise<Citation[]> {
      return db.tenant(scope, async (tx) => (await readCitations(tx, scope, [messageId])).map(toCitation))
    },
  }
}
