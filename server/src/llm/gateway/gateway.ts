import { performance } from 'node:perf_hooks'
import type { Logger } from '../../platform/logger.ts'
import type { ChatRequest, ProviderEvent } from '../provider.ts'
import { logFieldsOf, ProviderAborted, ProviderError } from '../provider-error.ts'
import type { ModelChoice, ModelRegistry } from '../registry.ts'
import { AttemptPlan, type Candidate } from './attempt-plan.ts'
import type { CallObserver, CallWatch } from './call-observer.ts'
import type { BreakerState } from './circuit-breaker.ts'
import type { FallbackCode } from './failure-rules.ts'
import { defaultGatewayLimits, type GatewayLimits } from './gateway-limits.ts'
import type { Lane } from './lane.ts'
import { Lanes } from './lanes.ts'
import { Visit } from './visit.ts'
import { WaitingCall, type WaitingEvent } from './waiting-call.ts'

/** Everything of a request but the model, which the chain names. */
export type GatewayRequest = Omit<ChatRequest, 'model'>

export interface GatewayCall {
  /** Pairs to try in order; the first is the project's own choice, `null` the instance's default. */
  chain: ModelChoice[]
  /** Whose turn it is where calls have to wait. */
  workspaceId: string
  /** A function is asked for each model that is called, so that the history can be cut to its window. */
  request: GatewayRequest | ((target: { provider: string; model: string }) => GatewayRequest)
}

export type ServingReason = 'first_choice' | `fallback_after_${FallbackCode}`

export type GatewayEvent =
  /**
   * A provider is about to be called; `attempt` counts such calls from 1. Several may come, but text only after the last
   * one, which names who served. The reason names what kept the first choice from it.
   */
  | { type: 'serving'; provider: string; model: string; attempt: number; reason: ServingReason }
  | WaitingEvent
  | ProviderEvent

/** One provider as the gateway sees it. */
export interface ProviderState {
  provider: string
  breaker: BreakerState
  openUntilMs: number | null
  /** Calls in its waiting rooms, and under way. */
  waiting: number
  active: number
}

export interface ModelGateway {
  /**
   * Streams one answer of the first pair of the chain that can give it; another pair is tried only before the first token.
   * Throws the failure of a pair that had begun to answer or that no other can help with; else, of all that failed, the
   * last that may pass (or the last) with the shortest known `Retry-After`. Throws `ProviderAborted` when `signal` fires.
   */
  chat(call: GatewayCall, signal: AbortSignal): AsyncIterable<GatewayEvent>
  /** Providers that were called lately, for metrics. */
  state(): ProviderState[]
}

export interface GatewayDeps {
  registry: Pick<ModelRegistry, 'resolve' | 'contextWindowOf'>
  logger: Logger
  /** Epoch milliseconds; by default a clock that no one can set back. */
  now?: () => number
  /** From 0 to 1. */
  random?: () => number
  limits?: Partial<GatewayLimits>
  observer?: CallObserver | undefined
}

/** Puts fallback chains, breakers and waiting rooms before the registry's providers. */
export function createModelGateway(deps: GatewayDeps): ModelGateway {
  const { registry, logger, now = epochMs, random = Math.random, observer } = deps
  const lanes = new Lanes({ limits: { ...defaultGatewayLimits, ...deps.limits }, logger, now, random })
  let calls = 0

  async function* chat(call: GatewayCall, signal: AbortSignal): AsyncGenerator<GatewayEvent, void, void> {
    const plan = new AttemptPlan(call.chain, registry, lanes)
    const waiting = new WaitingCall(call.workspaceId, ++calls)
    let attempt = 0
    let textDelivered = false
    for (;;) {
      if (signal.aborted) throw new ProviderAborted()
      const candidate = plan.next()
      const { provider } = candidate
      let visit: Visit | null = null
      let watch: CallWatch | undefined
      try {
        const model = typeof candidate.model === 'string' ? candidate.model : await candidate.model
        candidate.model = model
        const lane = lanes.of(provider)
        const room = lane.roomOf(model)
        if (room && !room.tryEnter()) {
          if (!candidate.mustWait) throw lane.refusal(room)
          yield* waiting.turn(room, signal)
        }
        waiting.lastRoom = room
        visit = new Visit(lane, model, { wasLetIn: room !== undefined, hasOthers: plan.hasUntried })
        const reason = servingReason(plan.causeOf(candidate))
        yield { type: 'serving', provider: provider.id, model, attempt: ++attempt, reason }
        const request =
          typeof call.request === 'function' ? call.request({ provider: provider.id, model }) : call.request
        watch = observer?.begun({ provider: provider.id, attempt, request: { ...request, model } })
        for await (const event of provider.chat({ ...request, model }, signal, visit.options)) {
          if (event.type === 'finish') {
            visit.finished()
            watch?.finished(event)
          } else if (!textDelivered) {
            textDelivered = true
            visit.started()
          }
          yield event
        }
        return
      } catch (error) {
        visit?.failed(error)
        watch?.failed(error)
        if (textDelivered) throw error
        plan.failed(candidate, error, mayWait(candidate, visit))
        logFailure(logger, candidate, error, attempt)
      } finally {
        visit?.end()
        watch?.ended()
      }
    }
  }

  return {
    chat,
    state: () => lanes.all().map((lane) => describe(lane, now())),
  }
}

/** After a failed wait there is nothing to wait for, nor without knowing the model. */
function mayWait(candidate: Candidate, visit: Visit | null): boolean {
  if (typeof candidate.model !== 'string') return false
  return visit !== null || !candidate.mustWait
}

function servingReason(code: FallbackCode | null): ServingReason {
  return code === null ? 'first_choice' : `fallback_after_${code}`
}

function describe({ provider, breaker, seats, active }: Lane, nowMs: number): ProviderState {
  const state = breaker.state(nowMs)
  return {
    provider: provider.id,
    breaker: state,
    openUntilMs: breaker.openUntilMs(nowMs),
    waiting: seats.taken,
    active,
  }
}

/** What was not even asked is no news: the breaker or the waiting room has told before. */
function logFailure(logger: Logger, { provider, model }: Candidate, error: unknown, attempt: number) {
  const level = error instanceof ProviderError && error.attempts === 0 ? 'debug' : 'warn'
  const fields = { provider: provider.id, model: typeof model === 'string' ? model : null, ...logFieldsOf(error) }
  logger[level]({ ...fields, attempt }, 'a model of the chain gave no answer')
}

function epochMs(): number {
  return performance.timeOrigin + performance.now()
}
