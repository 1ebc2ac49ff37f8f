import type { TokenUsage } from '../provider.ts'
import { asCount, asObject, type JsonObject } from './json.ts'

/**
 * Reads a `usage` object: https://platform.openai.com/docs/api-reference/chat/object, with OpenRouter's `cost`
 * (https://openrouter.ai/docs/use-cases/usage-accounting). Returns `null` for anything that is no such object.
 */
export function readUsage(value: unknown): TokenUsage | null {
  const usage = asObject(value)
  if (!usage) return null
  return {
    promptTokens: asCount(usage.prompt_tokens),
    completionTokens: asCount(usage.completion_tokens),
    cachedPromptTokens: asCount(asObject(usage.prompt_tokens_details)?.cached_tokens),
    reasoningTokens: asCount(asObject(usage.completion_tokens_details)?.reasoning_tokens),
    cost: typeof usage.cost === 'number' && Number.isFinite(usage.cost) && usage.cost >= 0 ? usage.cost : null,
  }
}

/** Where OpenAI, and everyone who follows it closely, puts the usage. */
export function topLevelUsage(chunk: JsonObject): unknown {
  return chunk.usage
}
