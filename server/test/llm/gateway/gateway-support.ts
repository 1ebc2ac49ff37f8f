import { afterAll } from 'vitest'
import { createModelGateway, type GatewayCall, type GatewayEvent } from '../../../src/llm/gateway/gateway.ts'
import type { GatewayLimits } from '../../../src/llm/gateway/gateway-limits.ts'
import type { TokenUsage } from '../../../src/llm/provider.ts'
import { createModelRegistry } from '../../../src/llm/registry.ts'
import { startUpstream, type Upstream } from '../../support/upstream.ts'
import { providerOptions, recordingLogger } from '../../support/upstream-calls.ts'
import type { Round } from '../../support/upstream-round.ts'

/** The pairs that the tests chain; windows as published: 131,072 and 1,047,576 tokens, and an unknown one. */
export const first = { provider: 'groq', model: 'llama-3.3-70b-versatile' }
export const second = { provider: 'openai', model: 'gpt-4.1' }
export const third = { provider: 'openrouter', model: 'small' }

/** Closed at the end of the file: tests that run side by side cannot tell whose end has come. */
const closers: (() => Promise<unknown>)[] = []
afterAll(() => Promise.all(closers.map((close) => close())))

/** A gateway before three providers, each with an upstream of its own. */
export async function openGateway(
  limits: Partial<GatewayLimits> = {},
  { firstByteMs = 5000, ...given }: { firstByteMs?: number; now?: () => number } = {},
) {
  const [groq, openai, openrouter] = await Promise.all([startUpstream(), startUpstream(), startUpstream()])
  const upstreams = { groq, openai, openrouter }
  const configured = ({ url }: Upstream) => ({ apiKey: 'k', baseUrl: url })
  const { timeouts } = providerOptions(groq.url)
  const log: string[] = []
  const logger = recordingLogger(log)
  const settings = {
    defaultProvider: null,
    defaultModel: null,
    providers: { groq: configured(groq), openai: configured(openai), openrouter: configured(openrouter) },
    timeouts: { ...timeouts, firstByteMs },
    retry: { baseMs: 5 },
  }
  const registry = createModelRegistry({ settings, logger })
  closers.push(async () => {
    await registry.close()
    await Promise.all(Object.values(upstreams).map((upstream) => upstream.close()))
  })
  const gateway = createModelGateway({ registry, logger, limits, random: () => 0.5, ...given })
  return { gateway, registry, log, ...upstreams }
}

type Gateway = Awaited<ReturnType<typeof openGateway>>['gateway']
type Serving = Extract<GatewayEvent, { type: 'serving' }>
type Waiting = Extract<GatewayEvent, { type: 'waiting' }>

/** What one call gave. */
export interface Answer {
  text: string
  servings: Serving[]
  waits: Waiting[]
  usage: TokenUsage | null
  isFinished: boolean
  error: unknown
  tookMs: number
}

/** Makes a call and reads it to its end; `onEvent` sees each event as it comes. */
export async function ask(
  gateway: Gateway,
  call: Partial<GatewayCall> = {},
  { signal = new AbortController().signal, onEvent = (_event: GatewayEvent) => {} } = {},
): Promise<Answer> {
  const answer: Answer = { text: '', servings: [], waits: [], usage: null, isFinished: false, error: null, tookMs: 0 }
  const startedAt = performance.now()
  try {
    for await (const event of gateway.chat(
      { chain: [first], workspaceId: 'w', request: question(), ...call },
      signal,
    )) {
      onEvent(event)
      if (event.type === 'delta') answer.text += event.text
      else if (event.type === 'serving') answer.servings.push(event)
      else if (event.type === 'waiting') answer.waits.push(event)
      else Object.assign(answer, { isFinished: true, usage: event.usage })
    }
  } catch (error) {
    answer.error = error
  }
  return { ...answer, tookMs: performance.now() - startedAt }
}

export function question(content = 'Hi') {
  return { messages: [{ role: 'user' as const, content }], temperature: null, maxTokens: null }
}

export function status(code: number, headers: Record<string, string> = {}, error: unknown = {}): Round {
  return { status: code, headers, body: JSON.stringify({ error }) }
}

/** A refusal as OpenAI documents it: nothing is left, and all of it is back after `resetMs`. */
export function spent(resetMs: number, limit = 1): Round {
  return status(429, {
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': `${resetMs}ms`,
  })
}
