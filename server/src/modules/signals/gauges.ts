import type { BreakerState } from '../../llm/gateway/circuit-breaker.ts'
import type { ProviderState } from '../../llm/gateway/gateway.ts'
import type { Replica } from '../../platform/database/replica.ts'
import type { Metrics } from '../../platform/telemetry/metrics.ts'
import type { RunPhase } from '../chat/run-observer.ts'

/** Where the gauges look when they are asked. */
export interface GaugeSources {
  db: { pools: Partial<Record<'primary' | 'replica', Pool>>; replica: Pick<Replica, 'look' | 'isServing'> | null }
  runs: { phases(): Record<RunPhase, number> }
  gateway: { state(): ProviderState[] }
  searchIndexer: { lagMs(): number }
  redis: { readonly isUp: boolean } | null
}

interface Pool {
  totalCount: number
  idleCount: number
  waitingCount: number
  options: { max?: number | undefined }
}

const breakerStates: BreakerState[] = ['closed', 'half_open', 'open']

/** What a process has under way; read at each scrape. */
export function registerGauges(metrics: Metrics, { db, runs, gateway, searchIndexer, redis }: GaugeSources): void {
  metrics.gauge('chatbot_runs', 'Answers this process is writing, by phase.', ['phase'], () =>
    Object.entries(runs.phases()).map(([phase, count]) => [{ phase }, count]),
  )
  const breakerHelp = '1 for the state that the breaker before a provider is in.'
  metrics.gauge('chatbot_provider_breaker', breakerHelp, ['provider', 'state'], () =>
    byProvider(gateway.state()).flatMap(({ provider, breaker }) =>
      breakerStates.map((state): Gauged<'provider' | 'state'> => [{ provider, state }, state === breaker ? 1 : 0]),
    ),
  )
  const waitingHelp = 'Calls that wait for a limit of their provider to pass.'
  metrics.gauge('chatbot_provider_waiting_calls', waitingHelp, ['provider'], () =>
    byProvider(gateway.state()).map(({ provider, waiting }) => [{ provider }, waiting]),
  )
  metrics.gauge('chatbot_provider_active_calls', 'Calls to providers under way.', ['provider'], () =>
    byProvider(gateway.state()).map(({ provider, active }) => [{ provider }, active]),
  )
  registerPools(metrics, Object.entries(db.pools))
  const replicaHelp =
    '1 while the read replica answers, 0 while the primary does so; absent without DATABASE_REPLICA_URL.'
  metrics.gauge('chatbot_database_replica_up', replicaHelp, [], () => {
    const { replica } = db
    // For the next scrape: where nobody reads, nobody else would notice that it is gone, or back.
    replica?.look().catch(() => undefined)
    return replica ? [[{}, replica.isServing ? 1 : 0]] : []
  })
  const lagHelp = 'Time since the search index was last seen to be up to date; about a second when all is well.'
  metrics.gauge('chatbot_search_index_lag_seconds', lagHelp, [], () => [[{}, searchIndexer.lagMs() / 1000]])
  const redisHelp = '1 while Redis answers, 0 while PostgreSQL counts in its place; absent without REDIS_URL.'
  metrics.gauge('chatbot_redis_up', redisHelp, [], () => (redis ? [[{}, redis.isUp ? 1 : 0]] : []))
}

function registerPools(metrics: Metrics, pools: [pool: string, Pool][]): void {
  metrics.gauge('chatbot_database_connections', 'Connections of a pool, by state.', ['pool', 'state'], () =>
    pools.flatMap(([pool, { totalCount, idleCount }]): Gauged<'pool' | 'state'>[] => [
      [{ pool, state: 'active' }, totalCount - idleCount],
      [{ pool, state: 'idle' }, idleCount],
    ]),
  )
  metrics.gauge('chatbot_database_pool_size', 'Connections a pool may hold.', ['pool'], () =>
    pools.map(([pool, { options }]) => [{ pool }, options.max ?? 0]),
  )
  const queueHelp = 'Pieces of work that wait for a connection of a pool.'
  metrics.gauge('chatbot_database_waiting', queueHelp, ['pool'], () =>
    pools.map(([pool, { waitingCount }]) => [{ pool }, waitingCount]),
  )
}

type Gauged<Name extends string> = [Record<Name, string>, number]

/** A provider with several keys has several lanes: the worst breaker counts, and the calls of all. */
function byProvider(states: ProviderState[]): ProviderState[] {
  const merged = new Map<string, ProviderState>()
  for (const state of states) {
    const known = merged.get(state.provider)
    merged.set(state.provider, known ? join(known, state) : state)
  }
  return [...merged.values()]
}

function join(one: ProviderState, other: ProviderState): ProviderState {
  const worst = breakerStates.indexOf(one.breaker) >= breakerStates.indexOf(other.breaker) ? one : other
  return { ...worst, waiting: one.waiting + other.waiting, active: one.active + other.active }
}
