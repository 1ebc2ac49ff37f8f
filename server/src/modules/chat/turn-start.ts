import { attachmentLimits, type Fallback, type Grounding, type ImageKind } from '@chatbot-platform/contract'
import { newId } from '../../platform/ids.ts'
import type { IdempotencyClaim, Scope } from '../../platform/scope.ts'
import type { PricesByChain } from '../budgets/turn-prices.ts'
import type { History } from './history-cache.ts'

/** What `begin_turn` is to store; see there. */
export interface TurnStart {
  mode: 'send' | 'edit' | 'answer'
  /** With `send`. */
  projectId: string | null
  sessionId: string | null
  isNew: boolean
  /** Of a new session. */
  title: string | null
  /** With `edit` and `answer`: the message that gets a sibling. */
  targetId: string | null
  promptId: string | null
  userMessageId: string
  assistantMessageId: string
  content: string
  /** A message of the session up to which the caller has the history: it is left out where the turn goes on from there. */
  knownEndId: string | null
  /** With `answer`: text the new answer begins with. */
  prefix: string
  /** With `send` and `edit`: the images of the question; absent: none, or with `edit` those of the target. */
  imageIds?: string[] | null
  /** With `answer`: only if nothing has happened since the target was interrupted, and it is the first such. */
  isAutomatic?: boolean
}

/** A turn that was stored, with what the model needs. */
export interface BegunTurn {
  outcome: 'accepted'
  session_id: string
  project_id: string
  project_name: string
  /** Position of the first message that was added. */
  seq: number
  /** Of the first message that was added. */
  parent_id: string | null
  /** Whether the question stands beside others. */
  forked: boolean
  user_message_id: string
  created_at: string
  prompt_id: string | null
  system_prompt: string | null
  provider: string | null
  model: string | null
  temperature: number | null
  max_tokens: number | null
  fallbacks: Fallback[]
  grounding: Grounding
  /** Whether the project has documents that can be searched. */
  documents: boolean
  /** With `answer`: the text of the question that is answered anew. */
  question: string | null
  /** The turn goes on from `knownEndId`, so `history` is left out. */
  history_is_known: boolean
  history: History | null
  /** On the path up to the question, the latest first; null where the session never had any. */
  images: PathImage[] | null
}

/** An image of a message on a path. */
export interface PathImage {
  /** Messages from the question to its message: 0 for the question's own. */
  depth: number
  id: string
  kind: ImageKind
  bytes: number
  width: number
  height: number
  created_at: string
  storage_key: string
}

export type TurnOutcome =
  | BegunTurn
  | { outcome: 'known'; session_id: string; user_message_id: string; assistant_message_id: string }
  | { outcome: 'busy'; busy_message_id: string }
  | OverBudget
  | { outcome: 'price_wanted'; chain: string }
  | {
      outcome:
        | 'no_project'
        | 'no_session'
        | 'no_prompt'
        | 'no_message'
        | 'wrong_role'
        | 'key_reused'
        | 'no_image'
        | 'images_too_large'
        | 'superseded'
    }

/** A budget that has too little left for the turn. */
export interface OverBudget {
  outcome: 'over_budget'
  budget: 'instance' | 'workspace' | 'project'
  period: 'day' | 'month'
  /** Of the next three; a cost is in US dollars. */
  unit: 'tokens' | 'cost'
  used: number
  limit: number
  /** What the turn may take at most, about. */
  wanted: number
  resets_at: string
}

/** What a turn may take, for the budgets it falls under. */
export interface BudgetClaim {
  /** For projects that set none. */
  maxTokens: number
  historyTokens: number
  /** Where a project has documents: of their passages with the rules for them, and of making a question searchable. */
  passageTokens: number
  queryTokens: number
  /** Where a conversation has images. */
  imageTokens: number
  prices: PricesByChain | undefined
}

/** How far back a turn reads, whatever the model could take. */
export interface HistoryBounds {
  maxMessages: number
  maxChars: number
}

/** The turn in the words of `begin_turn`, but for whose run it becomes. */
export function startOf(
  scope: Scope,
  turn: TurnStart,
  bounds: HistoryBounds,
  claim: IdempotencyClaim | null,
  budget: BudgetClaim | undefined,
): object {
  return {
    workspace_id: scope.workspaceId,
    mode: turn.mode,
    project_id: turn.projectId,
    session_id: turn.sessionId,
    is_new: turn.isNew,
    title: turn.title,
    target_id: turn.targetId,
    prompt_id: turn.promptId,
    user_message_id: turn.userMessageId,
    assistant_message_id: turn.assistantMessageId,
    content: turn.content,
    known_end_id: turn.knownEndId,
    prefix: turn.prefix,
    ...(turn.isAutomatic ? { automatic: true } : {}),
    ...imagesOf(turn),
    max_messages: bounds.maxMessages,
    max_chars: bounds.maxChars,
    user_id: scope.userId,
    budget: budget && {
      max_tokens: budget.maxTokens,
      history_tokens: budget.historyTokens,
      passage_tokens: budget.passageTokens,
      query_tokens: budget.queryTokens,
      image_tokens: budget.imageTokens,
      prices: budget.prices,
    },
    ...(claim ? { route: claim.route, key: claim.key, body_hash: claim.bodyHash } : {}),
  }
}

/** An edited question gets copies of images that it keeps, under ids of their own. */
function imagesOf({ mode, imageIds }: TurnStart): object {
  return {
    ...(!imageIds ? {} : { attachments: imageIds }),
    ...(mode === 'edit' ? { image_copies: Array.from({ length: attachmentLimits.perMessage }, newId) } : {}),
  }
}
