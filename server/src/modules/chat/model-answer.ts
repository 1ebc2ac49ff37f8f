import type { ErrorCode } from '@chatbot-platform/contract'
import type { GatewayCall, GatewayEvent, ModelGateway } from '../../llm/gateway/gateway.ts'
import type { CalledModel, Cost } from '../../llm/prices.ts'
import type { TokenUsage } from '../../llm/provider.ts'
import { AppError } from '../../platform/errors.ts'
import type { Run, Serving, Spent } from './run.ts'
import type { RunAccount, TurnEnd, UsedTokens } from './turn.repository.ts'

/** What a run asks, on whose account, and who wants to know what it cost. */
export interface RunCall extends Omit<GatewayCall, 'workspaceId'> {
  account: RunAccount
  /** What has to be known before a model is asked; throws where it cannot be asked. */
  prepare?: (run: Run) => Promise<void>
  costOf(called: CalledModel): Cost
  /** Told the tokens that a provider counted. */
  counted(model: string, usage: TokenUsage): void
  /** A failure in the words that fit this call. */
  explain?: (error: unknown) => unknown
  /** What a call that was not counted has used, about; `length` is that of the text it brought. */
  estimate(model: string, length: number): { promptTokens: number; completionTokens: number }
}

/** How a model's answer ended, and what is to be stored of it. */
export interface Ending {
  end: TurnEnd
  failure: AppError | null
}

type Finish = Extract<GatewayEvent, { type: 'finish' }>
type ServingEvent = Extract<GatewayEvent, { type: 'serving' }>

/** Calls the model and gathers its answer into the run; says how it ended, and never throws. */
export async function answer(run: Run, call: RunCall, gateway: Pick<ModelGateway, 'chat'>): Promise<Ending> {
  try {
    if (call.prepare) await call.prepare(run)
    for await (const event of gateway.chat({ ...call, workspaceId: run.workspaceId }, run.controller.signal)) {
      switch (event.type) {
        case 'delta':
          run.append(event.text)
          break
        case 'serving':
          run.serving = servingOf(run, call, event)
          break
        case 'waiting':
          run.setStatus({ state: 'waiting', ahead: event.ahead, retry_at: isoTime(event.retryAtMs) })
          break
        case 'finish':
          return complete(run, event, call)
        default:
          throw new Error(`unknown event ${event satisfies never}`)
      }
    }
    throw new AppError('provider_truncated', 'The provider ended its answer without a finish.')
  } catch (error) {
    return failed(run, call.explain ? call.explain(error) : error)
  }
}

/** The failure of an answer whose process, or whose hold on it, has gone. */
export function interrupted(): AppError {
  return new AppError('interrupted', 'The answer was interrupted. What had arrived is kept.', { retryAfterSeconds: 1 })
}

/** The end of an answer of which nothing but its text can be stored. */
export function bareEnd({ text: content, firstTokenMs }: Run, errorCode: ErrorCode): TurnEnd {
  return { ...blankEnd, content, firstTokenMs, state: 'failed', errorCode }
}

function servingOf(run: Run, call: RunCall, { provider, model, reason }: ServingEvent): Serving {
  const used = () => {
    const { promptTokens, completionTokens } = call.estimate(model, run.length - run.given)
    const { spent } = run
    return {
      promptTokens: promptTokens + (spent?.promptTokens ?? 0),
      completionTokens: completionTokens + (spent?.completionTokens ?? 0),
    }
  }
  return { provider, model, because: reason, used }
}

function isoTime(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString()
}

function complete(run: Run, { usage, reason, model }: Finish, call: RunCall): Ending {
  const end = endOf(run, usage ? counted(usage, run.spent) : uncounted(run))
  if (usage && end.model !== null) call.counted(end.model, usage)
  const price = call.costOf({ provider: end.provider ?? '', model: model ?? end.model ?? '', usage })
  return {
    end: {
      ...end,
      ...price,
      cost: sumOf(price.cost, run.spent),
      state: 'complete',
      finishReason: reason,
      model: model ?? end.model,
      promptTokens: usage?.promptTokens ?? null,
      completionTokens: usage?.completionTokens ?? null,
    },
    failure: null,
  }
}

function failed(run: Run, error: unknown): Ending {
  const end = endOf(run, uncounted(run))
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
  firstTokenMs: null,
  used: nothing,
}

function counted({ promptTokens, completionTokens, cachedPromptTokens }: TokenUsage, spent: Spent | null): UsedTokens {
  if (spent === null) return { promptTokens, completionTokens, cachedPromptTokens, estimated: false }
  const plus = (one: number | null, other: number | null) => (one === null ? other : one + (other ?? 0))
  return {
    promptTokens: plus(promptTokens, spent.promptTokens),
    completionTokens: plus(completionTokens, spent.completionTokens),
    cachedPromptTokens: plus(cachedPromptTokens, spent.cachedPromptTokens),
    estimated: spent.estimated,
  }
}

function uncounted({ serving, spent }: Run): UsedTokens {
  if (serving !== null) return { ...serving.used(), cachedPromptTokens: null, estimated: true }
  if (spent === null) return nothing
  const { promptTokens, completionTokens, cachedPromptTokens, estimated } = spent
  return { promptTokens, completionTokens, cachedPromptTokens, estimated }
}

/** As many decimals as the ledger has. */
const costScale = 1e10

/** Never a part of what it cost. */
function sumOf(cost: number | null, spent: Spent | null): number | null {
  if (cost === null || spent === null) return cost
  return spent.cost === null ? null : Math.round((cost + spent.cost) * costScale) / costScale
}

function endOf(run: Run, used: UsedTokens): Omit<TurnEnd, 'state'> {
  const { text: content, serving, firstTokenMs } = run
  const by = { provider: serving?.provider ?? null, model: serving?.model ?? null }
  return { ...blankEnd, ...by, content, servedBecause: serving?.because ?? null, firstTokenMs, used }
}
