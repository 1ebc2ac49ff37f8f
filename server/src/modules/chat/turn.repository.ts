import type { ErrorCode, FinishReason, MessageState } from '@chatbot-platform/contract'
import type { Database } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'

/** How long a run's owner may be silent before the run counts as interrupted, on the database's clock. */
const leaseSeconds = 15

const lease = `${leaseSeconds} seconds`

export interface TurnStart {
  projectId: string
  sessionId: string
  isNewSession: boolean
  promptId: string | null
  userMessageId: string
  assistantMessageId: string
  content: string
  ownerId: string
  maxMessages: number
  maxChars: number
}

/** What `begin_turn` answers; the fields after `busy_message` are meaningful when the outcome is `accepted`. */
export interface BegunTurn {
  outcome: 'accepted' | 'busy' | 'no_project' | 'no_session' | 'no_prompt'
  busy_message: string | null
  /** Position of the user's message; the answer's is the next. */
  seq: number
  parent_id: string | null
  created_at: Date
  system_prompt: string | null
  prompt_id: string | null
  provider: string | null
  model: string | null
  temperature: number | null
  max_tokens: number | null
  history: { role: 'user' | 'assistant'; content: string }[] | null
}

/** Stores both messages of a turn and returns what the model needs, in one commit. */
export async function beginTurn(db: Database, scope: Scope, turn: TurnStart): Promise<BegunTurn> {
  const [row] = await db.call<BegunTurn>(
    'begin_turn',
    'SELECT * FROM begin_turn($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::interval, $11, $12)',
    [
      scope.workspaceId,
      turn.projectId,
      turn.sessionId,
      turn.isNewSession,
      turn.promptId,
      turn.userMessageId,
      turn.assistantMessageId,
      turn.content,
      turn.ownerId,
      lease,
      turn.maxMessages,
      turn.maxChars,
    ],
  )
  if (!row) throw new Error('begin_turn returned no row')
  return row
}

/** The final state of an answer. */
export interface TurnEnd {
  state: Exclude<MessageState, 'pending' | 'streaming'>
  content: string
  finishReason: FinishReason | null
  errorCode: ErrorCode | null
  provider: string | null
  model: string | null
  promptTokens: number | null
  completionTokens: number | null
}

/**
 * Whether the final state was stored. If not, the run was no longer this owner's to finish: `state` and `content` say
 * how it stands, null when it was deleted.
 */
export interface FinishedTurn {
  stored: boolean
  state: TurnEnd['state'] | null
  content: string | null
}

/** Writes the final state, unless the run has been ended elsewhere. */
export async function finishTurn(
  db: Database,
  workspaceId: string,
  messageId: string,
  ownerId: string,
  end: TurnEnd,
): Promise<FinishedTurn> {
  const [row] = await db.call<FinishedTurn>(
    'finish_turn',
    'SELECT * FROM finish_turn($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
    [
      workspaceId,
      messageId,
      ownerId,
      end.state,
      end.content,
      end.finishReason,
      end.errorCode,
      end.provider,
      end.model,
      end.promptTokens,
      end.completionTokens,
    ],
  )
  if (!row) throw new Error('finish_turn returned no row')
  return row
}

/** A run to keep alive; `content` is the text so far, or null when it has not changed. */
export interface KeptRun {
  workspaceId: string
  messageId: string
  content: string | null
}

/** Renews leases and stores partial texts of all given runs in one statement; returns the ids still owned. */
export async function keepRuns(db: Database, ownerId: string, runs: KeptRun[]): Promise<Set<string>> {
  const rows = await db.call<{ keep_runs: string }>('keep_runs', 'SELECT keep_runs($1, $2::interval, $3, $4, $5)', [
    ownerId,
    lease,
    runs.map((run) => run.workspaceId),
    runs.map((run) => run.messageId),
    runs.map((run) => run.content),
  ])
  return new Set(rows.map((row) => row.keep_runs))
}

/** Marks runs whose owner has let the lease expire as interrupted; returns how many. */
export async function reapRuns(db: Database): Promise<number> {
  const [row] = await db.call<{ reap_runs: number }>('reap_runs', 'SELECT reap_runs()', [])
  return row?.reap_runs ?? 0
}

/** Ends a run that another process owns as cancelled; its owner notices at its next renewal. */
export async function cancelTurn(db: Database, scope: Scope, messageId: string): Promise<void> {
  await db.call('cancel_turn', 'SELECT cancel_turn($1, $2)', [scope.workspaceId, messageId])
}
