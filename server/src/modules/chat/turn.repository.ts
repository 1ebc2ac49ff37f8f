import type { ErrorCode, FinishReason, MessageState } from '@chatbot-platform/contract'
import { createBatcher } from '../../platform/batcher.ts'
import { type Database, isLocked, isUnavailable } from '../../platform/database/database.ts'
import type { IdempotencyClaim, Scope } from '../../platform/scope.ts'
import { type BudgetClaim, type HistoryBounds, startOf, type TurnOutcome, type TurnStart } from './turn-start.ts'

/** How long a run's owner may be silent before the run counts as interrupted, on the database's clock. */
const lease = '15 seconds'

/** The final state of an answer. */
export interface TurnEnd {
  state: Exclude<MessageState, 'pending' | 'streaming'>
  content: string
  finishReason: FinishReason | null
  errorCode: ErrorCode | null
  provider: string | null
  model: string | null
  /** Why this provider served: `first_choice`, or what kept the first choice from it. */
  servedBecause: string | null
  /** As the vendor counted. */
  promptTokens: number | null
  completionTokens: number | null
  /** US dollars. */
  cost: number | null
  priceVersion: string | null
  /** From the acceptance of the turn; null where none came. */
  firstTokenMs: number | null
  /** For the ledger: the vendor's count, or our estimate where it gave none. */
  used: UsedTokens
}

export interface UsedTokens {
  promptTokens: number | null
  completionTokens: number | null
  cachedPromptTokens: number | null
  estimated: boolean
}

/** Whose run it is, for the ledger. */
export interface RunAccount {
  userId: string
  projectId: string
  projectName: string
  sessionId: string
}

/** The answer to finish. */
export interface FinishTarget {
  workspaceId: string
  id: string
  account: RunAccount
}

/**
 * Whether the final state was stored. If not, the run was no longer this owner's to finish: `state` and `content` say
 * how it stands, null when it was deleted.
 */
export type FinishedTurn =
  | { stored: true; warnings?: BudgetWarning[] | null }
  | { stored: false; state: TurnEnd['state'] | null; content: string | null }

/** A budget that this run has brought near its limit; told once a period. */
export interface BudgetWarning {
  budget: 'instance' | 'workspace' | 'project'
  period: 'day' | 'month'
}

/** A run to keep alive; `content` is the text so far, or null when it has not changed. */
export interface KeptRun {
  workspaceId: string
  sessionId: string
  messageId: string
  content: string | null
  /** What the row and the ledger would say if this process fell silent now; null before a provider is asked. */
  progress: RunProgress | null
  /** Readers of other processes want to hear of changes. */
  watched: boolean
}

export interface RunProgress {
  provider: string
  model: string
  served_because: string
  first_token_ms: number | null
  /** Estimates. */
  prompt_tokens: number
  completion_tokens: number
}

export type TurnRepository = ReturnType<typeof createTurnRepository>

// Two lanes keep two database processes busy, which is what two cores can run; more only make the batches smaller.
const lanes = 2
const worthALane = 16
const maxItems = 32
/** So many turns may wait for locked rows at a time; each holds a connection. */
const patientLanes = 3

/** The statements of turns, for the process `ownerId`. Turns that come together share a round trip and a commit. */
export function createTurnRepository(db: Database, ownerId: string) {
  // When the connection was lost, nobody knows whether the turns were stored: trying again could store them twice.
  const begin = together<TurnOutcome>(db, 'begin_turns', (error) => !isUnavailable(error))
  const finish = together<FinishedTurn>(db, 'finish_turns', () => true)

  return {
    /** Stores the messages of a turn and returns what the model needs. */
    begin(
      scope: Scope,
      turn: TurnStart,
      bounds: HistoryBounds,
      claim: IdempotencyClaim | null,
      budget?: BudgetClaim,
    ): Promise<TurnOutcome> {
      return begin({ ...startOf(scope, turn, bounds, claim, budget), owner_id: ownerId, lease })
    },

    /** Writes the final state, unless the run has been ended elsewhere. */
    finish({ workspaceId, id, account }: FinishTarget, end: TurnEnd, watched: boolean): Promise<FinishedTurn> {
      return finish({
        workspace_id: workspaceId,
        message_id: id,
        owner_id: ownerId,
        user_id: account.userId,
        project_id: account.projectId,
        project_name: account.projectName,
        session_id: account.sessionId,
        state: end.state,
        content: end.content,
        finish_reason: end.finishReason,
        error_code: end.errorCode,
        provider: end.provider,
        model: end.model,
        prompt_tokens: end.promptTokens,
        completion_tokens: end.completionTokens,
        served_because: end.servedBecause,
        first_token_ms: end.firstTokenMs,
        cost: end.cost,
        price_version: end.priceVersion,
        used: {
          prompt_tokens: end.used.promptTokens,
          completion_tokens: end.used.completionTokens,
          cached_prompt_tokens: end.used.cachedPromptTokens,
          estimated: end.used.estimated,
        },
        watched,
      })
    },

    /** Renews leases and stores partial texts of all given runs in one statement; returns the ids still owned. */
    async keep(runs: KeptRun[]): Promise<Set<string>> {
      const rows = await db.call<{ id: string }>(
        'keep_runs',
        'SELECT keep_runs($1, $2::interval, $3, $4, $5, $6, $7, $8) AS id',
        [
          ownerId,
          lease,
          runs.map((run) => run.workspaceId),
          runs.map((run) => run.sessionId),
          runs.map((run) => run.messageId),
          runs.map((run) => run.content),
          runs.filter((run) => run.watched).map((run) => run.messageId),
          runs.map((run) => run.progress && JSON.stringify(run.progress)),
        ],
      )
      return new Set(rows.map((row) => row.id))
    },

    /**
     * Marks runs whose lease has expired as interrupted, but none of the `live` ones of this process; with `isSoleProcess` all runs of others, whose
     * processes are then known to be gone. Returns how many.
     */
    async reap(isSoleProcess: boolean, live: string[]): Promise<number> {
      const [row] = await db.call<{ count: number }>('reap_runs', 'SELECT reap_runs($1, $2, $3) AS count', [
        ownerId,
        isSoleProcess,
        live,
      ])
      return row?.count ?? 0
    },

    /** Takes the leases from the runs of these owners, so that the next reaping ends them. */
    async giveUp(ownerIds: string[]): Promise<void> {
      await db.call('give_up_runs', 'SELECT give_up_runs($1)', [ownerIds])
    },

    /** Ends a run as cancelled with the text that is stored, when its owner does not answer. */
    async cancel(scope: Scope, messageId: string): Promise<void> {
      await db.call('cancel_turn', 'SELECT cancel_turn($1, $2)', [scope.workspaceId, messageId])
    },

    /** Tells the process that writes this message that somebody here reads along, or wants it cancelled. */
    async tell(word: 'watch' | 'cancel', messageId: string): Promise<void> {
      await db.call('tell_run', "SELECT pg_notify('runs', $1)", [`${word} ${messageId}`])
    },

    /** Forgets idempotency keys older than 24 hours. */
    async forgetKeys(): Promise<void> {
      await db.call('forget_idempotency_keys', 'SELECT forget_idempotency_keys()', [])
    },
  }
}

/**
 * Calls a function of many turns. Whoever finds a row locked waits for it beside the others, who have a turn at most
 * a third of a second later.
 */
function together<O>(
  db: Database,
  name: string,
  retriesAlone: (error: unknown) => boolean,
): (turn: object) => Promise<O> {
  const hurried = createBatcher<object, O>({
    lanes,
    maxItems,
    worthALane,
    run: (turns) => batch(db, name, turns.length > 1 ? turns : turns.map((turn) => ({ ...turn, hurried: true }))),
    retriesAlone,
  })
  const patient = createBatcher<object, O>({
    lanes: patientLanes,
    maxItems: 1,
    run: (turns) => batch(db, name, turns),
    retriesAlone: () => false,
  })
  return (turn) =>
    hurried(turn).catch((error: unknown) => {
      if (isLocked(error)) return patient(turn)
      throw error
    })
}

async function batch<O>(db: Database, name: string, items: object[]): Promise<O[]> {
  const [row] = await db.call<{ results: O[] }>(name, `SELECT ${name}($1) AS results`, [JSON.stringify(items)])
  if (!row) throw new Error(`${name} returned no row`)
  return row.results
}
