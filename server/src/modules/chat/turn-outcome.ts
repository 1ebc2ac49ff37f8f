import { attachmentLimits, type ErrorCode, type Message } from '@chatbot-platform/contract'
import { AppError, invalid, notFound } from '../../platform/errors.ts'
import { keyReused } from '../idempotency/idempotency.service.ts'
import type { RunResult } from './run.ts'
import type { BegunTurn, OverBudget, TurnOutcome, TurnStart } from './turn-start.ts'

/** The outcomes that leave something to answer with; throws what the others mean to the caller. */
export function requireStored(
  outcome: Exclude<TurnOutcome, { outcome: 'price_wanted' }>,
  mode: TurnStart['mode'],
): BegunTurn | Extract<TurnOutcome, { outcome: 'known' }> {
  switch (outcome.outcome) {
    case 'accepted':
    case 'known':
      return outcome
    case 'no_project':
      throw notFound('project')
    case 'no_session':
      throw notFound('session')
    case 'no_prompt':
      throw notFound('prompt')
    case 'no_message':
      throw notFound('message')
    case 'wrong_role':
      throw invalid(
        ['path', 'message_id'],
        mode === 'edit' ? 'Only a question can be edited.' : 'Only an answer can be written anew or carried on.',
      )
    case 'key_reused':
      throw keyReused()
    case 'no_image':
      throw invalid(
        ['body', 'attachments'],
        'An image is not there, was sent already, or was left unsent for a day. Attach it again.',
        'no_image',
      )
    case 'images_too_large':
      throw new AppError(
        'too_large',
        `The images of one message may have ${attachmentLimits.messageBytes / 1_048_576} MB together. Send fewer, or smaller ones.`,
      )
    case 'busy':
      throw new AppError(
        'session_busy',
        'An answer of this session is still being written. Wait for it, or cancel it.',
        {
          members: { active_message_id: outcome.busy_message_id },
        },
      )
    case 'superseded':
      throw new AppError(
        'conflict',
        'The conversation has gone on, or was interrupted here before. Continue by hand if you want more.',
      )
    case 'over_budget':
      throw overBudget(outcome)
    default:
      throw new Error(`unknown outcome ${outcome satisfies never}`)
  }
}

function overBudget({ outcome, ...refusal }: OverBudget): AppError {
  const { budget, period, unit, used, limit, wanted, resets_at } = refusal
  const amount = (value: number) => (unit === 'cost' ? `$${Number(value.toFixed(6))}` : `${value}`)
  // A limit may have been set below what was used before.
  const rest = Math.max(0, limit - used)
  const left = unit === 'tokens' ? `${rest} of ${limit} tokens` : `${amount(rest)} of ${amount(limit)}`
  const when = period === 'day' ? 'today' : 'this month'
  return new AppError(
    'budget_exceeded',
    budget === 'instance'
      ? `The budget of this server for ${when} is used up.`
      : `The budget of this ${budget} has ${left} left for ${when}, and this answer may take ${amount(wanted)}.`,
    // Nobody learns how much the whole instance uses.
    {
      members: budget === 'instance' ? { budget, period, unit, resets_at } : refusal,
      retryAfterSeconds: (Date.parse(resets_at) - Date.now()) / 1000,
    },
  )
}

/** Throws 404 for a question: it is no answer. */
export function requireAnswer(message: Message): Message {
  if (message.role !== 'assistant') throw notFound('answer')
  return message
}

/** Whether an answer is still being written. */
export function isUnderWay({ state }: Message): boolean {
  return state === 'pending' || state === 'streaming'
}

/** What a stored, final answer ended with, in the form a live run ends with. */
export function storedResult(message: Message): RunResult {
  if (message.state === 'complete' || message.state === 'cancelled') return { message, failure: null }
  const code: ErrorCode = message.error_code ?? 'interrupted'
  return { message, failure: new AppError(code, 'The answer ended before it was complete. What had arrived is kept.') }
}
