import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { createBatcher } from '../batcher.ts'
import type { Logger } from '../logger.ts'

/** A standby that answers reads in the primary's place. */
export interface Replica {
  readonly pool: pg.Pool
  /**
   * True once the standby shows everything that the primary had committed when this was called; false where it does not
   * within {@link patienceMs}, or cannot be reached. Never rejects for the standby's sake.
   */
  isCurrent(): Promise<boolean>
  /** The same for those who watch: asks the standby also where it is known to have everything. Rejects for the primary's sake. */
  look(): Promise<boolean>
  /** What the last read or look found: whether the standby was there, and near enough. */
  readonly isServing: boolean
  /** The standby failed: reads stay away from it for a while. */
  avoid(error: unknown): void
  close(): Promise<void>
}

interface ReplicaOptions {
  primary: pg.Pool
  pool: pg.Pool
  logger: Logger
}

/** How long a read waits for the standby before it goes to the primary. Healthy streaming replication is a few ms behind. */
const patienceMs = 50
const pollMs = 4
/** After which a question has no answer. */
const answerTimeoutMs = 1000
/** How long reads stay away from a standby that lags, and from one that failed. */
const lagRestMs = 500
const restMs = 5000

/**
 * Watches how far the standby has come. A read asks the primary where its log stands and waits for the standby to get
 * there, so that it sees whatever was committed before it, by any process, without anybody keeping count of who wrote
 * what. Both questions are answered from memory, and reads that come together share them.
 */
export function createReplica({ primary, pool, logger }: ReplicaOptions): Replica {
  let avoidedUntil = 0
  let isAway = false
  let isServing = true
  let reached = 0n

  const askPrimary = shared(() => position(primary, 'SELECT pg_current_wal_flush_lsn() AS lsn'))
  const askStandby = shared(() =>
    position(pool, 'SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END AS lsn', answerTimeoutMs),
  )

  return {
    pool,
    avoid,
    get isServing() {
      return isServing
    },
    isCurrent,
    look: () => {
      reached = 0n
      return isCurrent()
    },
    close: () => pool.end(),
  }

  async function isCurrent(): Promise<boolean> {
    if (performance.now() < avoidedUntil) return false
    const wanted = await askPrimary()
    try {
      return await waitFor(wanted)
    } catch (error) {
      avoid(error)
      return false
    }
  }

  async function waitFor(wanted: bigint): Promise<boolean> {
    const deadline = performance.now() + patienceMs
    while (reached < wanted) {
      reached = await askStandby()
      if (reached >= wanted) break
      if (performance.now() > deadline) {
        avoidedUntil = performance.now() + lagRestMs
        isServing = false
        return false
      }
      await sleep(pollMs)
    }
    if (isAway) logger.info('the read replica answers again')
    isAway = false
    isServing = true
    return true
  }

  function avoid(error: unknown): void {
    avoidedUntil = performance.now() + restMs
    reached = 0n
    if (!isAway) logger.warn({ err: error }, 'the read replica is away; the primary answers in its place')
    isAway = true
    isServing = false
  }
}

/** Callers share the next question, never one that was asked before they came: its answer could be too old. */
function shared(ask: () => Promise<bigint>): () => Promise<bigint> {
  const batched = createBatcher<undefined, bigint>({
    run: async (callers) => {
      const answer = await ask()
      return callers.map(() => answer)
    },
    lanes: 1,
    maxItems: Number.POSITIVE_INFINITY,
    retriesAlone: () => false,
  })
  return () => batched(undefined)
}

/** A position in the write-ahead log as a number of bytes. https://www.postgresql.org/docs/current/datatype-pg-lsn.html */
async function position(pool: pg.Pool, text: string, timeoutMs?: number): Promise<bigint> {
  const { rows } = await pool.query<{ lsn: string | null }>({
    text,
    ...(timeoutMs ? { query_timeout: timeoutMs } : {}),
  })
  const lsn = rows[0]?.lsn
  if (!lsn) throw new Error('DATABASE_REPLICA_URL names a server that is not a standby')
  const [high = '0', low = '0'] = lsn.split('/')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}
