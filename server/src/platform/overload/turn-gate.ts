import { AppError } from '../errors.ts'
import { FairQueue, type Waiting } from '../fair-queue.ts'
import { FadingCount } from './fading-count.ts'
import { type PlaceBounds, PlaceLimit } from './place-limit.ts'
import { Returning } from './returning.ts'

export interface GateBounds extends PlaceBounds {
  /** Whoever would wait longer than this for a place, in milliseconds, is refused at once. */
  maxWaitMs: number
}

export interface TurnGateOptions {
  bounds?: Partial<GateBounds>
  /** Told of each refusal. */
  refused?: ((why: Refusal) => void) | undefined
  /** Milliseconds of a clock that never goes back. */
  now?: () => number
  random?: () => number
}

/** `full`: there is no room for anybody; `share`: this workspace has taken what there is for it. */
export type Refusal = 'full' | 'share'

/** How the gate stands, for those who look. */
export interface GateState {
  limit: number
  starting: number
  finishing: number
  waiting: number
}

/** One turn on its way in. */
export interface Visit extends Waiting {
  state: 'in' | 'waiting' | 'left'
  /** Whether the place it has is one of those for workspaces that are ahead of the others. */
  isAhead: boolean
  /** Called when its turn has come, where it had to wait. */
  granted: () => void
}

interface Tenant {
  /** Places it has. */
  starting: number
  lastSeenMs: number
  /** Turns begun within about a second. */
  readonly begun: FadingCount
}

const defaults: GateBounds = { targetMs: 100, fewest: 64, first: 128, most: 512, maxWaitMs: 300 }
/** A workspace that was silent for so long has no share any more. */
const forgetAfterMs = 1000
/** The line may be this much longer than its room, so that one workspace that fills the room does not shut the others out. */
const longestLine = 2
/** So many places a workspace may have however many there are, else the last of a crowd would starve by rounding. */
const smallestShare = 2
/** A workspace is ahead once it begins so many times the turns that the workspaces begin on average. */
const aheadBy = 1.5
/** Fewer turns a second are no crowd, however few the others begin. */
const fewestAhead = 16
const begunFadesMs = 1000
/** The places of those that are ahead: as many as leave the work about as quick as it is without them. */
const aheadBounds = { fewest: 1, first: 16, timesQuiet: 2 }
const aheadShareOfTarget = 0.3
/** About as many places keep a process busy; those that are ahead always have their share of them. */
const busyPlaces = 8

/**
 * Lets turns begin only as fast as this process and its database can store them; the rest is refused on arrival.
 *
 * A place is taken while a turn **begins** (until its messages are stored, which acknowledges it) and while its answer is
 * **stored**: that is the work of ours. In between it waits for a model, which costs little, so thousands may. An end is
 * never kept waiting and never refused, but it takes a place, so that nothing new begins while ends pile up. How many
 * places there are follows from how long that work takes ({@link PlaceLimit}).
 *
 * Workspaces that were here within the last second share the places evenly, and the line before them, in turn: one that
 * sends more than its share waits for, and loses, its own.
 *
 * A machine may be full before its places are. A workspace that begins far more turns than the others do on average gets
 * only as many places beyond that as leave everybody's work about as quick as it is in quiet moments; alone, or where
 * all send alike, nobody is ahead.
 */
export class TurnGate {
  readonly #maxWaitMs: number
  readonly #limit: PlaceLimit
  readonly #aheadLimit: PlaceLimit
  readonly #now: () => number
  readonly #refused: ((why: Refusal) => void) | undefined
  readonly #line = new FairQueue<Visit>()
  readonly #tenants = new Map<string, Tenant>()
  readonly #returning: Returning
  readonly #begun = new FadingCount(begunFadesMs)
  #starting = 0
  /** Those of them that are ahead. */
  #ahead = 0
  #finishing = 0
  #arrivals = 0
  #lastFreedMs: number
  #forgotMs = Number.NEGATIVE_INFINITY

  constructor({ bounds, refused, now = () => performance.now(), random = Math.random }: TurnGateOptions = {}) {
    const all = { ...defaults, ...bounds }
    this.#maxWaitMs = all.maxWaitMs
    this.#limit = new PlaceLimit(all)
    this.#aheadLimit = new PlaceLimit({ ...all, ...aheadBounds, targetMs: aheadShareOfTarget * all.targetMs })
    this.#returning = new Returning(random)
    this.#refused = refused
    this.#now = now
    this.#lastFreedMs = now()
  }

  get state(): GateState {
    const { places: limit } = this.#limit
    return { limit, starting: this.#starting, finishing: this.#finishing, waiting: this.#line.length }
  }

  /** Whether all places are taken, or somebody waits: else nobody is refused. */
  get isTight(): boolean {
    return !this.#line.isEmpty || this.#starting + this.#finishing >= this.#limit.places
  }

  /** Throws 503 `overloaded` where one more of this workspace would be refused now. Takes nothing. */
  check(workspaceId: string): void {
    const nowMs = this.#now()
    const tenant = this.#tenants.get(workspaceId)
    const why = this.#mayEnter(tenant, nowMs) ? null : this.#whyNotWait(workspaceId, tenant, nowMs)
    if (why !== null) throw this.#refuse(why, tenant, nowMs)
  }

  /** Takes a place, or one in the line; whoever got either has to {@link leave}. Throws as {@link check} does. */
  enter(workspaceId: string): Visit {
    const nowMs = this.#now()
    this.#forget(nowMs)
    const tenant = this.#tenantOf(workspaceId, nowMs)
    const visit: Visit = { workspaceId, order: this.#arrivals++, state: 'waiting', isAhead: false, granted: ignore }
    if (this.#mayEnter(tenant, nowMs)) {
      this.#take(visit, tenant, nowMs)
      return visit
    }
    const why = this.#whyNotWait(workspaceId, tenant, nowMs)
    if (why !== null) throw this.#refuse(why, tenant, nowMs)
    this.#line.add(visit)
    return visit
  }

  /** Gives the place back, or gets out of the line. Does nothing the second time. */
  leave(visit: Visit): void {
    const { state } = visit
    visit.state = 'left'
    if (state === 'waiting') this.#line.remove(visit)
    if (state !== 'in') return
    const tenant = this.#tenants.get(visit.workspaceId)
    if (tenant) tenant.starting--
    this.#starting--
    if (visit.isAhead) this.#ahead--
    this.#free()
  }

  /** Times the storing of a turn's beginning. */
  async begin<T>(work: () => Promise<T>): Promise<T> {
    const beganMs = this.#now()
    const result = await work()
    this.#note(beganMs)
    return result
  }

  /** Times the storing of a turn's end, which takes a place at once whether there is one or not. */
  async finish<T>(work: () => Promise<T>): Promise<T> {
    const beganMs = this.#now()
    this.#finishing++
    try {
      const result = await work()
      this.#note(beganMs)
      return result
    } finally {
      this.#finishing--
      this.#free()
    }
  }

  #mayEnter(tenant: Tenant | undefined, nowMs: number): boolean {
    if (this.#starting + this.#finishing >= this.#limit.places) return false
    if (tenant === undefined) return true
    // Those who wait though there are places have their share already.
    if (tenant.starting >= this.#shareOf(this.#limit.places)) return false
    return this.#ahead < this.#aheadPlaces || !this.#isAhead(tenant, nowMs)
  }

  get #aheadPlaces(): number {
    return Math.max(this.#aheadLimit.places, Math.floor(busyPlaces / this.#tenants.size))
  }

  #isAhead({ begun }: Tenant, nowMs: number): boolean {
    const own = begun.at(nowMs)
    return own >= fewestAhead && own * this.#tenants.size > aheadBy * this.#begun.at(nowMs)
  }

  /** Why there is no room in the line either; null where there is. */
  #whyNotWait(workspaceId: string, tenant: Tenant | undefined, nowMs: number): Refusal | null {
    const isFull = this.#starting + this.#finishing >= this.#limit.places
    // Nothing has moved for longer than anybody may wait, so the mean is out of date.
    if (isFull && nowMs - this.#lastFreedMs > this.#maxWaitMs) return 'full'
    const room = this.#maxWaitMs * this.#perMs
    // Many workspaces with one turn each are a crowd too.
    if (this.#line.length >= longestLine * room) return 'full'
    const own = this.#line.lengthOf(workspaceId)
    // Nobody waits longer behind its own than they take to begin, however many places others leave.
    const ownRoom =
      tenant && this.#isAhead(tenant, nowMs) ? (this.#maxWaitMs / begunFadesMs) * tenant.begun.at(nowMs) : room
    if (own < Math.floor(Math.min(ownRoom, this.#shareOf(room)))) return null
    return this.#line.length < room ? 'share' : 'full'
  }

  /** How many turns begin in a millisecond when all places are taken: each takes one for its beginning and one for its end. */
  get #perMs(): number {
    return this.#limit.places / (2 * this.#limit.workMs)
  }

  /** How many turns begin in a second, of this workspace alone where it is held back by itself. */
  #perSecond(tenant: Tenant | undefined, nowMs: number): number {
    const all = this.#perMs * 1000
    return tenant && this.#isAhead(tenant, nowMs) ? Math.min(all, tenant.begun.at(nowMs)) : all
  }

  #shareOf(whole: number): number {
    const others = this.#tenants.size
    return others <= 1 ? whole : Math.max(Math.min(whole, smallestShare), Math.ceil(whole / others))
  }

  #tenantOf(workspaceId: string, nowMs: number): Tenant {
    const known = this.#tenants.get(workspaceId)
    if (known) {
      known.lastSeenMs = nowMs
      return known
    }
    const tenant = { starting: 0, lastSeenMs: nowMs, begun: new FadingCount(begunFadesMs) }
    this.#tenants.set(workspaceId, tenant)
    return tenant
  }

  #take(visit: Visit, tenant: Tenant, nowMs: number): void {
    // Whoever takes the first place was waiting for nobody.
    if (this.#starting + this.#finishing === 0) this.#lastFreedMs = nowMs
    visit.state = 'in'
    visit.isAhead = this.#isAhead(tenant, nowMs)
    if (visit.isAhead) this.#ahead++
    tenant.begun.add(nowMs)
    this.#begun.add(nowMs)
    tenant.starting++
    this.#starting++
  }

  #free(): void {
    const nowMs = this.#now()
    this.#lastFreedMs = nowMs
    while (!this.#line.isEmpty && this.#starting + this.#finishing < this.#limit.places) {
      const visit = this.#line.take((workspaceId) => this.#mayEnter(this.#tenants.get(workspaceId), nowMs))
      if (!visit) return
      this.#take(visit, this.#tenantOf(visit.workspaceId, nowMs), nowMs)
      visit.granted()
    }
  }

  #note(beganMs: number): void {
    const nowMs = this.#now()
    // A line alone proves nothing: it may be one workspace's that has its share.
    const isFull = this.#starting + this.#finishing >= this.#limit.places
    this.#limit.note(nowMs - beganMs, isFull, nowMs)
    this.#aheadLimit.note(nowMs - beganMs, this.#ahead >= this.#aheadPlaces, nowMs)
  }

  #forget(nowMs: number): void {
    if (nowMs - this.#forgotMs < forgetAfterMs) return
    this.#forgotMs = nowMs
    for (const [workspaceId, { starting, lastSeenMs }] of this.#tenants) {
      const isHere = starting > 0 || nowMs - lastSeenMs < forgetAfterMs
      if (!isHere && this.#line.lengthOf(workspaceId) === 0) this.#tenants.delete(workspaceId)
    }
  }

  #refuse(why: Refusal, tenant: Tenant | undefined, nowMs: number): AppError {
    this.#refused?.(why)
    const retryAfterSeconds = this.#returning.comeBackAfter(this.#perSecond(tenant, nowMs), nowMs)
    // A refusal has to be cheap, and a stack, which nobody reads, is half of what one costs.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    try {
      const detail = 'The server has more to do than it can at the moment. Try again shortly.'
      return new AppError('overloaded', detail, { retryAfterSeconds })
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  }
}

function ignore(): void {}
