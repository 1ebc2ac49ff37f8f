import type { CallObserver, CallWatch, ObservedCall } from '../../llm/gateway/call-observer.ts'
import { ProviderAborted, ProviderError } from '../../llm/provider-error.ts'
import type { Monitoring } from '../../platform/telemetry/monitoring.ts'
import type { Span } from '../../platform/telemetry/telemetry.ts'
import type { LabelModel } from './model-labels.ts'

/** Counts failed calls to providers, and traces all of them. */
export function observeCalls({ metrics, telemetry }: Monitoring, labelOf: LabelModel): CallObserver {
  const help = 'Calls to providers that failed, by error code.'
  const errors = metrics?.counter('chatbot_provider_errors_total', help, ['provider', 'model', 'code'])

  return {
    begun(call): CallWatch {
      const span = telemetry.tracing ? telemetry.startSpan(`chat ${call.request.model}`, spanOptions(call)) : null
      return {
        finished: ({ model, reason, usage }) =>
          span?.set({
            'gen_ai.response.model': model ?? undefined,
            'gen_ai.response.finish_reasons': [reason],
            'gen_ai.usage.input_tokens': usage?.promptTokens ?? undefined,
            'gen_ai.usage.output_tokens': usage?.completionTokens ?? undefined,
            'gen_ai.usage.cache_read.input_tokens': usage?.cachedPromptTokens ?? undefined,
          }),
        failed(error) {
          const code = codeOf(error)
          if (code !== null) errors?.add({ ...labelOf(call.provider, call.request.model), code })
          if (span) describeFailure(span, error, code)
        },
        ended: () => span?.end(),
      }
    },
  }
}

/** https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/#inference, without the messages. */
function spanOptions({ provider, attempt, request }: ObservedCall) {
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': request.model,
    'gen_ai.request.temperature': request.temperature ?? undefined,
    'gen_ai.request.max_tokens': request.maxTokens ?? undefined,
    'gen_ai.request.stream': true,
    'chatbot.call.attempt': attempt,
  }
  return { kind: 'client', attributes } as const
}

function describeFailure(span: Span, error: unknown, code: string | null): void {
  if (code === null) {
    span.set({ 'chatbot.call.aborted': true })
    return
  }
  const status = error instanceof ProviderError ? error.upstreamStatus : null
  span.set({ 'http.response.status_code': status ?? undefined })
  span.fail(code)
}

/** `null` for an abort, which is nobody's failure. */
function codeOf(error: unknown): string | null {
  if (error instanceof ProviderAborted) return null
  return error instanceof ProviderError ? error.code : 'internal'
}
