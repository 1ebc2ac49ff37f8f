import type { ErrorCode } from '@chatbot-platform/contract'
import type { GatewayCall, GatewayEvent, ModelGateway } from '../../llm/gateway/gateway.ts'
import { costOf } from '../../llm/prices.ts'
import type { TokenUsage } from '../../llm/provider.ts'
import { AppError } from '../../platform/errors.ts'
import type { Run } from './run.ts'
import type { RunAccount, TurnEnd, UsedTokens } from './turn.repository.ts'

/** What a run asks, on whose account, and who wants to know what it cost. */
export interface RunCall extends Omit<GatewayCall, 'workspaceId'> {
  account: RunAccount
  /** Told the tokens that a provider counted. */
  counted(model: string, usage: TokenUsage): void
  /** What a call that was not counted has used, about; `length` is that of the text it brought. */
  estimate(model: string, length: number): { promptTokens: number; completionTokens: number }
}

/** How a model's answer ended, and what is to be stored of it. */
export interface Ending {
  end: TurnEnd
  failure: AppError | null
}

/** Who served, as far as it is known. */
interface Server {
  provider: string | null
  model: string | null
  because: string | null
}

type Finish = Extract<GatewayEvent, { type: 'finish' }>

/** Calls the model and gathers its answer into the run; says how it ended, and never throws. */
export async function answer(run: Run, call: RunCall, gateway: Pick<ModelGateway, 'chat'>): Promise<Ending> {
  const by: Server = { provider: null, model: null, because: null }
  const given = run.length
  try {
    for await (const event of gateway.chat({ ...call, workspaceId: run.workspaceId }, run.controller.signal)) {
      switch (event.type) {
        case 'delta':
          run.append(event.text)
          break
        case 'serving':
          by.provider = event.provider
          by.model = event.model
          by.because = event.reason
          break
        case 'waiting':
          run.setStatus({ state: 'waiting', ahead: event.ahead, retry_at: isoTime(event.retryAtMs) })
          break
        case 'finish':
          return complete(run, by, event, call)
        default:
          throw new Error(`unknown event ${event satisfies never}`)
      }
    }
    throw new AppError('provider_truncated', 'The provider ended its answer without a finish.')
  } catch (error) {
    return failed(run, by, error, by.model === null ? nothing : uncounted(call, by.model, run.length - given))
  }
}

/** The failure of an answer whose process, or whose hold on it, has gone. */
export function interrupted(): AppError {
  return new AppError('interrupted', 'The answer was interrupted. What had arrived is kept.', { retryAfterSeconds: 1 })
}

/** The end of an answer of which nothing but its text can be stored. */
export function bareEnd(content: string, errorCode: ErrorCode): TurnEnd {
  return { ...blankEnd, content, state: 'failed', errorCode }
}

function isoTime(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString()
}

function complete(run: Run, by: Server, { usage, reason, model }: Finish, call: RunCall): Ending {
  if (usage && by.model !== null) call.counted(by.model, usage)
  const end = endOf(run, by, usage ? counted(usage) : uncounted(call, by.model ?? '', run.length))
  const price = costOf({ provider: by.provider ?? '', model: model ?? by.model ?? '', usage })
  return {
    end: {
      ...end,
      ...price,
      state: 'complete',
      finishReason: reason,
      model: model ?? by.model,
      promptTokens: usage?.promptTokens ?? null,
      completionTokens: usage?.completionTokens ?? null,
    },
    failure: null,
  }
}

function failed(run: Run, by: Server, error: unknown, used: UsedTokens): Ending {
  const end = endOf(run, by, used)
  if (run.stopReason === 'cancelled') return { end: { ...end, state: 'cancelled' }, failure: null }
  const failure = run.stopReason === null ? asFailure(error) : interrupted()
  const state = run.stopReason === null ? 'failed' : 'interrupted'
  return { end: { ...end, state, errorCode: failure.code }, failure }
}

function asFailure(error: unknown): AppError {
  if (error instanceof AppError) return error
  return new AppError('internal', 'Something went wrong on our side while the answer was written.', { cause: error })
}

const nothing: UsedTokens = { promptTokens: null, completionTokens: null, cachedPromptTokens: null, estimated: false }

const blankEnd: Omit<TurnEnd, 'state' | 'content'> = {
  finishReason: null,
  errorCode: null,
  provider: null,
  model: null,
  servedBecause: null,
  promptTokens: null,
  completionTokens: null,
  cost: null,
  priceVersion: null,
  used: nothing,
}

function counted({ promptTokens, completionTokens, cachedPromptTokens }: TokenUsage): UsedTokens {
  return { promptTokens, completionTokens, cachedPromptTokens, estimated: false }
}

function uncounted(call: RunCall, model: string, length: number): UsedTokens {
  return { ...call.estimate(model, length), cachedPromptTokens: null, estimated: true }
}

function endOf(run: Run, by: Server, used: UsedTokens): Omit<TurnEnd, 'state'> {
  return { ...blankEnd, content: run.text, provider: by.provider, model: by.model, servedBecause: by.because, used }
}
