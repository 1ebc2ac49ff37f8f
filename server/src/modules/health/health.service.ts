import type { Health, Readiness } from '@chatbot-platform/contract'
import type { ProviderState } from '../../llm/gateway/gateway.ts'

interface Deps {
  database: { ping(): Promise<boolean>; replica?: { look(): Promise<boolean> } | null }
  /** Whether the database has every migration; asked only while the database answers. */
  migrations: () => Promise<MigrationsState>
  /** Providers that were called lately. */
  providers: () => Pick<ProviderState, 'provider' | 'breaker'>[]
  searchLagMs: () => number
  /** Of the file system that `DATA_DIR` is on; rejects where that cannot be told. */
  disk: () => Promise<{ freeBytes: number; totalBytes: number }>
  /** Resolves if files can be stored now; nobody asks more often than twice a minute. */
  files: () => Promise<void>
  /** Where one is set. */
  redis?: { readonly isUp: boolean } | null
}

type MigrationsState = Readiness['checks']['migrations']
type Replica = Health['checks']['replica']
type Disk = Health['checks']['disk']

export type HealthService = ReturnType<typeof createHealthService>

const deadlineMs = 2000
const reuseMs = 1000
/** A check of the file storage writes into it. */
const reuseFilesMs = 30_000
/** With a rest of its own a busy index is a second or two behind. */
const searchIsBehindMs = 60_000
const leastFreeShare = 0.05
const leastFreeBytes = 500_000_000

/**
 * What the process says about itself. Anybody may ask, so however many do, the database is asked at most about once a
 * second, and words are told, no figures. Never rejects: a check that fails is part of the answer.
 */
export function createHealthService({ database, migrations, providers, searchLagMs, disk, files, redis }: Deps) {
  let stopping = false
  const readiness = remember(checkReadiness)
  const space = remember(checkDisk)
  const storage = remember(checkFiles, reuseFilesMs)
  const standby = remember(checkReplica)

  return {
    /** Says how each part does. A part that fails is told, but the process itself is there and answers. */
    async health(): Promise<Health> {
      const [required, replica, diskState, filesState] = await Promise.all([readiness(), standby(), space(), storage()])
      const checks = {
        ...required,
        ...(replica ? { replica } : {}),
        search: searchLagMs() > searchIsBehindMs ? ('behind' as const) : ('ok' as const),
        disk: diskState,
        files: filesState,
        ...(redis ? { redis: redis.isUp ? ('ok' as const) : ('degraded' as const) } : {}),
        providers: breakersOf(providers()),
      }
      return { status: isFine(checks) ? 'healthy' : 'degraded', checks }
    },

    live: () => ({ status: 'live' }) as const,

    /** Not ready from now on, so that a load balancer sends no more requests here. */
    stopping(): void {
      stopping = true
    },

    async ready(): Promise<Readiness> {
      const checks = await readiness()
      const ready = !stopping && checks.database === 'ok' && checks.migrations === 'ok'
      return { status: ready ? 'ready' : 'not_ready', checks }
    },
  }

  async function checkReadiness(): Promise<Readiness['checks']> {
    const answers = await database.ping().catch(() => false)
    return answers
      ? { database: 'ok', migrations: await withinDeadline(migrations(), 'unknown') }
      : { database: 'failed', migrations: 'unknown' }
  }

  async function checkReplica(): Promise<Replica> {
    if (!database.replica) return undefined
    const isServing = database.replica.look().then((is): Replica => (is ? 'ok' : 'away'))
    // Where the primary does not say how far it is, nobody knows.
    return withinDeadline(isServing, undefined)
  }

  function checkDisk(): Promise<Disk> {
    const state = disk().then(({ freeBytes, totalBytes }): Disk => {
      return freeBytes < Math.min(leastFreeBytes, totalBytes * leastFreeShare) ? 'low' : 'ok'
    })
    return withinDeadline(state, 'unknown')
  }

  function checkFiles(): Promise<Health['checks']['files']> {
    const state = files().then(
      () => 'ok' as const,
      () => 'failed' as const,
    )
    return withinDeadline(state, 'unknown')
  }
}

/** One question at a time, and its answer for as long as this. */
function remember<T>(ask: () => Promise<T>, forMs = reuseMs): () => Promise<T> {
  let latest: Promise<T> | null = null
  const forget = () => {
    latest = null
  }
  return () => {
    latest ??= ask().finally(() => setTimeout(forget, forMs).unref())
    return latest
  }
}

function isFine(checks: Health['checks']): boolean {
  const { database, migrations, replica, search, disk, files, redis, providers } = checks
  const isServing = database === 'ok' && migrations === 'ok'
  return (
    isServing &&
    replica !== 'away' &&
    search === 'ok' &&
    disk !== 'low' &&
    files !== 'failed' &&
    redis !== 'degraded' &&
    Object.values(providers).every((state) => state !== 'open')
  )
}

function breakersOf(states: Pick<ProviderState, 'provider' | 'breaker'>[]): Health['checks']['providers'] {
  const breakers: Health['checks']['providers'] = {}
  for (const { provider, breaker } of states) if (breakers[provider] !== 'open') breakers[provider] = breaker
  return breakers
}

function withinDeadline<T, U>(state: Promise<T>, otherwise: U): Promise<T | U> {
  const late = new Promise<U>((resolve) => setTimeout(() => resolve(otherwise), deadlineMs).unref())
  return Promise.race([state.catch(() => otherwise), late])
}
