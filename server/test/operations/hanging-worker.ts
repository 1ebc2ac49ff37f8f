// A worker that serves, and whose event loop stops turning after a second where it is told so.
import { aliveIntervalMs, type ToWorker } from '../../src/platform/process/worker-messages.ts'

setInterval(() => process.send?.({ type: 'alive' }), aliveIntervalMs / 10).unref()
process.on('message', (message: ToWorker<{ hangs: boolean }>) => {
  if (message.type === 'stop') process.exit(0)
  if (message.type !== 'start') return
  process.send?.({ type: 'ready', report: 'here' })
  if (message.briefing.hangs) setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 1000)
})
