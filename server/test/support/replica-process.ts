// One of the servers behind nginx, in a process of its own. Is told its settings once, tells its address once it listens,
// stops when it is told to, and ends when whoever started it is gone.
import { pino } from 'pino'
import { loadConfig } from '../../src/config.ts'
import { type RunningServer, startServer } from '../../src/server.ts'
import type { ReplicaBriefing, ReplicaMessage } from './replicas.ts'
import { readTestClock } from './test-clock.ts'

let server: RunningServer | undefined

process.on('disconnect', () => process.exit())
process.on('message', (message: ReplicaBriefing | 'stop') => void (message === 'stop' ? stop() : start(message)))

async function start({ env, given, clockFile }: ReplicaBriefing): Promise<void> {
  try {
    server = await startServer(loadConfig(env, null), pino({ level: 'silent' }), {
      ...given,
      ...(clockFile ? { now: () => readTestClock(clockFile) } : {}),
    })
    tell({ url: server.url })
  } catch (error) {
    tell({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}

async function stop(): Promise<void> {
  await server?.stop(0)
  process.exit()
}

function tell(message: ReplicaMessage): void {
  process.send?.(message)
}
