import type { ChatRequest, Provider, ProviderEvent, ProviderOptions } from '../../src/llm/provider.ts'
import type { Logger } from '../../src/platform/logger.ts'

/** Writes every line into `lines`, as JSON. */
export function recordingLogger(lines: string[] = []): Logger {
  const write = (...line: unknown[]) => void lines.push(JSON.stringify(line))
  const logger: Logger = { debug: write, info: write, warn: write, error: write, fatal: write, child: () => logger }
  return logger
}

/** Options for a provider that speaks to the scripted upstream: roomy limits, and pauses of a few milliseconds. */
export function providerOptions(url: string, given: Partial<ProviderOptions> = {}): ProviderOptions {
  return {
    apiKey: 'test-key',
    baseUrl: `${url}/v1`,
    timeouts: { connectMs: 2000, firstByteMs: 5000, idleMs: 5000, totalMs: 10_000 },
    retry: { baseMs: 5 },
    logger: recordingLogger(),
    ...given,
  }
}

/** What one call gave: its text, piece by piece and joined, how it finished, and the error that ended it. */
export interface Outcome {
  deltas: string[]
  text: string
  finish: Extract<ProviderEvent, { type: 'finish' }> | null
  error: unknown
}

/** Calls the provider to the end. `onDelta` sees each piece as it comes. */
export async function collect(
  provider: Provider,
  request: Partial<ChatRequest> = {},
  { signal = new AbortController().signal, onDelta = (_text: string) => {} } = {},
): Promise<Outcome> {
  const outcome: Outcome = { deltas: [], text: '', finish: null, error: null }
  const messages: ChatRequest['messages'] = [{ role: 'user', content: 'Hi' }]
  try {
    for await (const event of provider.chat(
      { model: 'm', messages, temperature: null, maxTokens: null, ...request },
      signal,
    )) {
      if (event.type === 'finish') outcome.finish = event
      else {
        outcome.deltas.push(event.text)
        onDelta(event.text)
      }
    }
  } catch (error) {
    outcome.error = error
  }
  return { ...outcome, text: outcome.deltas.join('') }
}
