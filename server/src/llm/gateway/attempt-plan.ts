import { AppError } from '../../platform/errors.ts'
import type { Provider } from '../provider.ts'
import type { ModelChoice, ModelRegistry } from '../registry.ts'
import { type FallbackCode, isRateLimit, mayPassElsewhere, summarize } from './failure-rules.ts'
import type { Lanes } from './lanes.ts'

/** One pair of a chain on its way. */
export interface Candidate {
  /** Place in the chain, from 0. */
  index: number
  provider: Provider
  /** A promise until the provider has said what its default is. */
  model: string | Promise<string>
  /** Its limit was met; there is nobody left to ask without waiting. */
  mustWait: boolean
}

interface Step {
  choice: ModelChoice
  state: 'untried' | 'limited' | 'done'
  candidate: Candidate | null
  error: (AppError & { code: FallbackCode }) | null
}

/**
 * Which pair to ask next: first each one in order, without waiting; then, of those that only met a rate limit, the one
 * that opens first.
 */
export class AttemptPlan {
  readonly #registry: Pick<ModelRegistry, 'resolve' | 'contextWindowOf'>
  readonly #lanes: Pick<Lanes, 'opensAtMs'>
  readonly #steps: Step[]
  /** The conversation did not fit into a window of this many tokens. */
  #tooSmallWindow = 0

  constructor(
    chain: ModelChoice[],
    registry: Pick<ModelRegistry, 'resolve' | 'contextWindowOf'>,
    lanes: Pick<Lanes, 'opensAtMs'>,
  ) {
    this.#registry = registry
    this.#lanes = lanes
    const choices = chain.length > 0 ? chain : [{ provider: null, model: null }]
    this.#steps = choices.map((choice) => ({ choice, state: 'untried', candidate: null, error: null }))
  }

  /** Whether someone may be asked without waiting. */
  get hasUntried(): boolean {
    return this.#steps.some(({ state }) => state === 'untried')
  }

  /** Why `candidate` is asked rather than the project's own choice; `null` for that one itself. */
  causeOf(candidate: Candidate): FallbackCode | null {
    return candidate.index === 0 ? null : (this.#steps[0]?.error?.code ?? null)
  }

  /** The next pair to ask. Throws the error to show where none is left. */
  next(): Candidate {
    for (const [index, step] of this.#steps.entries()) {
      if (step.state !== 'untried') continue
      // Whatever happens now, it has been tried.
      step.state = 'done'
      const candidate = this.#resolve(step, index)
      if (candidate) return candidate
    }
    const limited = this.#steps.flatMap(({ state, candidate }) => (state === 'limited' && candidate ? candidate : []))
    const [first, ...others] = limited
    if (!first) throw summarize(this.#steps.flatMap(({ error }) => error ?? []))
    const soonest = others.reduce((best, next) => (this.#opensAtMs(next) < this.#opensAtMs(best) ? next : best), first)
    soonest.mustWait = true
    return soonest
  }

  /** Takes note of a failure. Throws it where it is nobody else's to help; `mayWait`: whether its limit may be waited for. */
  failed(candidate: Candidate, error: unknown, mayWait: boolean) {
    if (!mayPassElsewhere(error)) throw error
    const step = this.#steps[candidate.index]
    if (!step) return
    step.error = error
    step.state = mayWait && isRateLimit(error) ? 'limited' : 'done'
    if (error.code !== 'provider_context_length' || typeof candidate.model !== 'string') return
    const window = this.#registry.contextWindowOf(candidate.provider.id, candidate.model)
    this.#tooSmallWindow = Math.max(this.#tooSmallWindow, window)
  }

  #opensAtMs({ provider, model }: Candidate): number {
    return typeof model === 'string' ? this.#lanes.opensAtMs(provider, model) : 0
  }

  /** `null` for a pair that cannot be called, or that the chain has named before. */
  #resolve(step: Step, index: number): Candidate | null {
    try {
      const { provider, model } = this.#registry.resolve(step.choice)
      if (this.#isKnown(provider, model) || this.#isTooSmall(provider, model)) return null
      step.candidate = { index, provider, model, mustWait: false }
      return step.candidate
    } catch (error) {
      if (!(error instanceof AppError) || !mayPassElsewhere(error)) throw error
      step.error = error
      return null
    }
  }

  #isKnown(provider: Provider, model: string | Promise<string>): boolean {
    return this.#steps.some(({ candidate }) => candidate?.provider === provider && candidate.model === model)
  }

  #isTooSmall(provider: Provider, model: string | Promise<string>): boolean {
    if (this.#tooSmallWindow === 0 || typeof model !== 'string') return false
    return this.#registry.contextWindowOf(provider.id, model) <= this.#tooSmallWindow
  }
}
