// A worker: serves on the database that the main process keeps. It obeys that process alone, and ends with it.
import { loadConfig } from '../config.ts'
import { operatorMessage } from '../operator-message.ts'
import { createLogger } from '../platform/logging.ts'
import { ignoreSignals } from '../platform/process/signals.ts'
import { aliveIntervalMs, type FromWorker, type ToWorker } from '../platform/process/worker-messages.ts'
import { type RunningServer, startServer } from '../server.ts'
import { describeServer, type ServerReport, type WorkerBriefing } from './worker-briefing.ts'

ignoreSignals()
setInterval(() => tell({ type: 'alive' }), aliveIntervalMs).unref()
let server: Promise<RunningServer> | undefined
process.on('message', (message: ToWorker<WorkerBriefing>) => {
  if (message.type === 'start') server = start(message.briefing)
  else if (message.type === 'gone') void server?.then(({ deps }) => deps.runs.giveUp(message.ids))
  else if (message.type === 'stop') void stop(message)
})

async function start(briefing: WorkerBriefing): Promise<RunningServer> {
  try {
    // Read anew by each worker, so that a rolling restart takes over what has changed in `.env`.
    const config = loadConfig()
    const started = await startServer(config, createLogger(config.log.level), briefing)
    tell({ type: 'ready', report: describeServer(started) })
    return started
  } catch (error) {
    const message = operatorMessage(error)
    if (message === undefined) throw error
    tell({ type: 'failed', message }, () => process.exit(1))
    return new Promise(() => undefined)
  }
}

async function stop({ graceMs, drainMs }: { graceMs: number; drainMs: number }): Promise<void> {
  await (await server)?.stop(graceMs, drainMs)
  process.exit(0)
}

function tell(message: FromWorker<ServerReport>, sent: () => void = () => undefined): void {
  process.send?.(message, sent)
}
