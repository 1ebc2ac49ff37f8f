import type { Citation, FoundPassage } from '@chatbot-platform/contract'
import { newBoundary, type QuotedPassage } from '../../../llm/passages/passage-block.ts'
import type { Grounding } from '../../../llm/passages/passage-rules.ts'
import { AppError } from '../../../platform/errors.ts'
import type { Logger } from '../../../platform/logger.ts'
import type { Scope } from '../../../platform/scope.ts'
import type { CitationsService } from '../../knowledge/citations.service.ts'
import { asCitation } from '../../knowledge/citations.ts'
import type { Run } from '../run.ts'
import type { Grounds } from './grounded-prompt.ts'
import type { AskedQuestion, SearchQueries } from './search-query.ts'

/** Finds passages of a project's documents for a question. */
export interface PassageFinder {
  retrieve(
    scope: Scope,
    projectId: string,
    query: string,
    options: { limit: number; maxTokens: number; signal: AbortSignal },
  ): Promise<FoundPassage[]>
}

interface Deps {
  documents: PassageFinder
  citations: CitationsService
  queries: SearchQueries
  logger: Logger
  /** What one answer is given at most. */
  limits: { maxPassages: number; maxTokens: number }
}

/** What a run's answer is to stand on. */
export interface GroundsWanted {
  scope: Scope
  projectId: string
  grounding: Grounding
  asked: Omit<AskedQuestion, 'workspaceId' | 'signal'>
  /** The answer that is carried on: its passages are given again, under their numbers. */
  carriesOn: string | null
  /** How many of the passages the model's window takes. */
  countThatFits(grounds: Grounds): Promise<number>
}

/** A passage under its number, for the model and for whoever reads the answer. */
interface Numbered {
  citation: Citation
  quoted: QuotedPassage | null
}

export type AnswerGrounds = ReturnType<typeof createAnswerGrounds>

const searchPatienceMs = 10_000

/** Looks for what answers stand on. All of it is part of the run: it stops with it, and its lease is kept meanwhile. */
export function createAnswerGrounds({ documents, citations, queries, logger, limits }: Deps) {
  return {
    /**
     * Finds passages, notes them as the answer's and tells its readers. Where the documents cannot be searched, an answer
     * goes on without them (null), unless it must not go beyond them: then it throws.
     */
    async find(run: Run, wanted: GroundsWanted): Promise<Grounds | null> {
      const { grounding } = wanted
      try {
        const given =
          wanted.carriesOn === null ? await search(run, wanted) : await carryOn(run, wanted, wanted.carriesOn)
        run.prepared(given.map(({ citation }) => citation))
        const passages = given.flatMap(({ quoted }) => quoted ?? [])
        return { grounding, passages, boundary: newBoundary() }
      } catch (error) {
        if (run.controller.signal.aborted) throw error
        if (grounding === 'documents_only') throw unavailable(error)
        const fields = { err: error, message_id: run.id, project_id: wanted.projectId }
        logger.warn(fields, 'the documents could not be searched; the answer goes on without them')
        run.prepared([])
        return null
      }
    },
  }

  async function search(run: Run, wanted: GroundsWanted): Promise<Numbered[]> {
    const { scope, projectId, asked, grounding } = wanted
    // An image alone asks for nothing that stands in documents.
    if (asked.question.trim() === '') return []
    const { signal } = run.controller
    const query = await queries.of({ ...asked, workspaceId: run.workspaceId, signal })
    run.spent = query.spent
    const found = await inTime(signal, (patience) =>
      documents.retrieve(scope, projectId, query.text, {
        limit: limits.maxPassages,
        maxTokens: limits.maxTokens,
        signal: patience,
      }),
    )
    const numbered = found.map((passage, index) => ({ passage, quoted: quote(passage, index + 1) }))
    const quoted = numbered.map((one) => one.quoted)
    const count = await wanted.countThatFits({ grounding, passages: quoted, boundary: newBoundary() })
    const given = numbered.slice(0, count)
    if (given.length === 0) return []
    const stored = owned(
      run,
      await citations.store(
        identityOf(run, projectId),
        given.map(({ passage, quoted: { number } }) => toGiven(passage, number)),
      ),
    )
    return given
      .filter(({ quoted: { number } }) => stored.includes(number))
      .map(({ passage, quoted }) => ({ citation: asCitation(passage, quoted.number), quoted }))
  }

  async function carryOn(run: Run, { scope, projectId }: GroundsWanted, messageId: string): Promise<Numbered[]> {
    const copied = owned(run, await citations.copy(scope, identityOf(run, projectId), messageId))
    return copied.map(({ citation, text }) => {
      const { number, page, heading, file_name: fileName } = citation
      return { citation, quoted: text === null ? null : { number, fileName: fileName ?? '', page, heading, text } }
    })
  }
}

function identityOf(run: Run, projectId: string) {
  return { workspaceId: run.workspaceId, projectId, sessionId: run.sessionId, messageId: run.id }
}

/** Another process has ended the run, or its session is gone: nothing is written for it any more. */
function owned<T>(run: Run, result: T | null): T {
  if (result !== null) return result
  run.stop('fenced')
  throw new Error('The answer is no longer written here.')
}

/** Throws where the search takes too long, also where it does not heed its signal. */
async function inTime<T>(signal: AbortSignal, work: (patience: AbortSignal) => Promise<T>): Promise<T> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(searchPatienceMs)])
  const { promise: late, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(patience.reason)
  patience.addEventListener('abort', giveUp)
  try {
    patience.throwIfAborted()
    return await Promise.race([work(patience), late])
  } finally {
    patience.removeEventListener('abort', giveUp)
  }
}

function quote({ file_name: fileName, page, heading, text }: FoundPassage, number: number): QuotedPassage {
  return { number, fileName, page, heading, text }
}

function toGiven(passage: FoundPassage, number: number) {
  const { file_id, file_version, ordinal, page, start: start_offset, end: end_offset } = passage
  return { number, file_id, file_version, ordinal, page, start_offset, end_offset }
}

function unavailable(cause: unknown): AppError {
  if (cause instanceof AppError && cause.code === 'database_unavailable') return cause
  return new AppError(
    'knowledge_unavailable',
    'The documents that this answer may be given from could not be searched. Try again shortly.',
    { retryAfterSeconds: 2, cause },
  )
}
