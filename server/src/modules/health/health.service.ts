import type { Readiness } from '@chatbot-platform/contract'

interface Deps {
  database: { ping(): Promise<boolean> }
  /** Whether the database has every migration; asked only while the database answers. */
  migrations: () => Promise<MigrationsState>
}

type MigrationsState = Readiness['checks']['migrations']

export type HealthService = ReturnType<typeof createHealthService>

const migrationsDeadlineMs = 2000
const reuseMs = 1000

/**
 * What the process says about itself. Anybody may ask, so however many do, the database is asked at most about once a
 * second. Never rejects: a check that fails is part of the answer.
 */
export function createHealthService({ database, migrations }: Deps) {
  let stopping = false
  let latest: Promise<Readiness['checks']> | null = null

  return {
    health: () => ({ status: 'healthy' }) as const,

    live: () => ({ status: 'live' }) as const,

    /** Not ready from now on, so that a load balancer sends no more requests here. */
    stopping(): void {
      stopping = true
    },

    async ready(): Promise<Readiness> {
      latest ??= check().finally(() => setTimeout(forget, reuseMs).unref())
      const checks = await latest
      const ready = !stopping && checks.database === 'ok' && checks.migrations === 'ok'
      return { status: ready ? 'ready' : 'not_ready', checks }
    },
  }

  function forget(): void {
    latest = null
  }

  async function check(): Promise<Readiness['checks']> {
    const answers = await database.ping().catch(() => false)
    return answers
      ? { database: 'ok', migrations: await withinDeadline(migrations()) }
      : { database: 'failed', migrations: 'unknown' }
  }
}

function withinDeadline(state: Promise<MigrationsState>): Promise<MigrationsState> {
  const late = new Promise<'unknown'>((resolve) => setTimeout(() => resolve('unknown'), migrationsDeadlineMs).unref())
  return Promise.race([state.catch(() => 'unknown' as const), late])
}
