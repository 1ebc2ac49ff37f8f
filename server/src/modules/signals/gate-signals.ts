import type { Logger } from '../../platform/logger.ts'
import type { GateState, Refusal } from '../../platform/overload/turn-gate.ts'
import type { Metrics } from '../../platform/telemetry/metrics.ts'
import type { Monitoring } from '../../platform/telemetry/monitoring.ts'

/** One line in so long a time, however many are refused. */
const lineEveryMs = 10_000

/** Counts turns that the gate refuses, and says in the log now and then that it does. */
export function observeRefusals({ metrics }: Monitoring, logger: Pick<Logger, 'warn'>): (why: Refusal) => void {
  const help = 'Turns refused because there was too much to do: no room at all, or this workspace had its share.'
  const refused = metrics?.counter('chatbot_turns_refused_total', help, ['reason'])
  let count = 0
  let toldAtMs = Number.NEGATIVE_INFINITY
  return (reason) => {
    refused?.add({ reason })
    count++
    const nowMs = performance.now()
    if (nowMs - toldAtMs < lineEveryMs) return
    logger.warn({ count, reason }, 'turns are refused: there is more to do than this process can')
    count = 0
    toldAtMs = nowMs
  }
}

/** How the gate stands; read at each scrape. */
export function registerGateGauges(metrics: Metrics, gate: { readonly state: GateState }): void {
  const limitHelp = 'Turns that may be stored at once, their beginnings and ends together, before others wait.'
  metrics.gauge('chatbot_turn_gate_limit', limitHelp, [], () => {
    const { limit } = gate.state
    return Number.isFinite(limit) ? [[{}, limit]] : []
  })
  const placesHelp = 'Turns that are being stored, or wait for it, by what of them.'
  metrics.gauge('chatbot_turn_gate_places', placesHelp, ['phase'], () => {
    const { starting, finishing, waiting } = gate.state
    return [
      [{ phase: 'starting' }, starting],
      [{ phase: 'finishing' }, finishing],
      [{ phase: 'waiting' }, waiting],
    ]
  })
}
