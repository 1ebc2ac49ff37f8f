import type { Metrics } from '../../platform/telemetry/metrics.ts'
import type { Monitoring } from '../../platform/telemetry/monitoring.ts'
import type { Span } from '../../platform/telemetry/telemetry.ts'
import type { Run } from '../chat/run.ts'
import type { RunObserver, WrittenRun } from '../chat/run-observer.ts'
import type { RunAccount } from '../chat/turn.repository.ts'
import type { LabelModel } from './model-labels.ts'

/** Upper bounds in seconds. */
const firstTokens = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30]
const durations = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120]

/** Counts, times and traces turns, each when it has ended. */
export function observeRuns({ metrics, telemetry }: Monitoring, labelOf: LabelModel): RunObserver {
  const record = metrics ? createRecorder(metrics, labelOf) : null

  return {
    async around(run, account, work) {
      const began = performance.now()
      const span = telemetry.startSpan('turn', { attributes: beginning(run, account) })
      try {
        const written = await telemetry.within(span, work)
        record?.(written, (performance.now() - began) / 1000)
        describeEnd(span, written)
        const { failure } = written.result
        if (failure?.code === 'internal') telemetry.reportFault(failure.cause ?? failure, { message_id: run.id })
      } finally {
        span.end()
      }
    },
  }
}

function createRecorder(metrics: Metrics, labelOf: LabelModel): (written: WrittenRun, seconds: number) => void {
  const by = ['provider', 'model'] as const
  const turns = metrics.counter('chatbot_turns_total', 'Turns that have ended, by outcome.', ['outcome', ...by])
  const failures = metrics.counter('chatbot_turn_failures_total', 'Turns that failed, by error code.', ['code'])
  const firstToken = metrics.histogram(
    'chatbot_turn_first_token_seconds',
    'Time from the acceptance of a turn to the first text of its answer.',
    by,
    firstTokens,
  )
  const duration = metrics.histogram(
    'chatbot_turn_duration_seconds',
    'Time from the acceptance of a turn to its stored end.',
    by,
    durations,
  )
  const tokens = metrics.counter('chatbot_tokens_total', 'Tokens of turns, counted by vendors or estimated.', [
    'direction',
    ...by,
  ])
  const cost = metrics.counter('chatbot_cost_dollars_total', 'Cost of turns in US dollars, where it is known.', by)

  return ({ end, result }, seconds) => {
    const who = labelOf(end.provider, end.model)
    turns.add({ outcome: result.message.state, ...who })
    if (result.message.error_code) failures.add({ code: result.message.error_code })
    duration.observe(who, seconds)
    if (end.firstTokenMs !== null) firstToken.observe(who, end.firstTokenMs / 1000)
    if (isPositive(end.used.promptTokens)) tokens.add({ direction: 'input', ...who }, end.used.promptTokens)
    if (isPositive(end.used.completionTokens)) tokens.add({ direction: 'output', ...who }, end.used.completionTokens)
    if (isPositive(end.cost)) cost.add(who, end.cost)
  }
}

/** A counter throws at anything else, and vendors count as they like. */
function isPositive(value: number | null): value is number {
  return value !== null && value > 0 && Number.isFinite(value)
}

function beginning(run: Run, { sessionId, projectId }: RunAccount) {
  return {
    'gen_ai.conversation.id': sessionId,
    'chatbot.workspace.id': run.workspaceId,
    'chatbot.project.id': projectId,
    'chatbot.message.id': run.id,
  }
}

function describeEnd(span: Span, { end, result }: WrittenRun): void {
  const { state, error_code: code } = result.message
  span.set({
    'chatbot.turn.outcome': state,
    'chatbot.turn.first_token_ms': end.firstTokenMs ?? undefined,
    'chatbot.turn.served_because': end.servedBecause ?? undefined,
  })
  if (state === 'failed' || state === 'interrupted') span.fail(code ?? state)
}
