import type { Provider } from '../provider.ts'
import { Lane, type LaneOptions } from './lane.ts'

/** Lanes beyond this many are looked through for idle ones; providers with keys of their own may come and go. */
const manyLanes = 64

/** The lane of each provider that was called lately. */
export class Lanes {
  readonly #options: LaneOptions
  readonly #lanes = new Map<Provider, Lane>()

  constructor(options: LaneOptions) {
    this.#options = options
  }

  of(provider: Provider): Lane {
    const known = this.#lanes.get(provider)
    if (known) return known
    if (this.#lanes.size >= manyLanes) this.#dropIdle()
    const lane = new Lane(provider, this.#options)
    this.#lanes.set(provider, lane)
    return lane
  }

  /** When calls to a model may go at the earliest, in epoch milliseconds; the past where nothing holds them up. */
  opensAtMs(provider: Provider, model: string): number {
    return this.#lanes.get(provider)?.roomOf(model)?.opensAtMs ?? 0
  }

  all(): Lane[] {
    return [...this.#lanes.values()]
  }

  #dropIdle() {
    for (const [provider, lane] of this.#lanes) if (lane.isIdle) this.#lanes.delete(provider)
  }
}
