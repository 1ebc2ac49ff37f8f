import type { ChatMessage } from '../../llm/provider.ts'
import { type ImagesByDepth, tokensOfImage, withNotes } from './shown-images.ts'

/** Characters of a token where nothing is known yet; a little less than English has, so that the guess is on the safe side. */
const firstGuess = 3.5

/** What one message costs beside its text (role and separators), in tokens. */
const messageOverhead = 4

/** How much of the window stays free for what the estimate misses. */
const safetyShare = 0.05

export interface TokenEstimator {
  /** Estimated tokens of a text for this model. */
  tokensOf(model: string, characters: number): number
  /** Learns from what a provider counted for a prompt of so many characters. */
  learn(model: string, characters: number, tokens: number): void
}

/**
 * Estimates tokens by characters, corrected by what providers report for their own models: counting exactly would need
 * each vendor's tokenizer and cost more than the turn.
 */
export function createTokenEstimator(): TokenEstimator {
  const charactersPerToken = new Map<string, number>()
  return {
    tokensOf: (model, characters) => Math.ceil(characters / (charactersPerToken.get(model) ?? firstGuess)),
    learn(model, characters, tokens) {
      if (tokens < 50 || characters < 100) return
      const seen = Math.min(8, Math.max(0.5, characters / tokens))
      const known = charactersPerToken.get(model) ?? firstGuess
      charactersPerToken.set(model, known + (seen - known) * 0.2)
    },
  }
}

export interface Prompt {
  system: string | null
  /** Newest first: role, text, role, text, … */
  history: readonly string[]
  /** What comes last and is never cut. */
  question: readonly ChatMessage[]
  /** Of the messages of the history. */
  images?: ImagesByDepth
}

/** What the messages may hold, in tokens. */
export interface WindowLimits {
  /** Prompt and answer together. */
  contextWindow: number
  maxTokens: number
  /** Of the history alone. */
  historyTokens: number
}

/**
 * The messages for a model: system prompt, as much of the newest history as fits, then the question. Messages without
 * text and images are left out, and pairs are not split: the history begins with a question.
 */
export function fitToWindow(
  prompt: Prompt,
  limits: WindowLimits,
  tokensOf: (characters: number) => number,
): ChatMessage[] {
  let budget = Math.min(roomBeside(prompt, limits, tokensOf), limits.historyTokens)
  const kept: ChatMessage[] = []
  for (let index = 0; index < prompt.history.length; index += 2) {
    const role = prompt.history[index] === 'assistant' ? 'assistant' : 'user'
    const content = prompt.history[index + 1] ?? ''
    const shown = prompt.images?.get(index / 2 + 1)
    if (content === '' && !shown) continue
    const message: ChatMessage = shown
      ? { role, content: withNotes(content, shown), images: shown.images }
      : { role, content }
    budget -= messageTokens(message, tokensOf)
    if (budget < 0) break
    kept.push(message)
  }
  while (kept.at(-1)?.role === 'assistant') kept.pop()
  const system: ChatMessage[] = prompt.system === null ? [] : [{ role: 'system', content: prompt.system }]
  return [...system, ...kept.reverse(), ...prompt.question]
}

/** Tokens that system prompt, question and answer leave of a window. */
export function roomBeside(
  { system, question }: Pick<Prompt, 'system' | 'question'>,
  { contextWindow, maxTokens }: Pick<WindowLimits, 'contextWindow' | 'maxTokens'>,
  tokensOf: (characters: number) => number,
): number {
  const fixed = [...(system === null ? [] : [{ content: system }]), ...question]
  const fixedTokens = fixed.reduce((sum, message) => sum + messageTokens(message, tokensOf), 0)
  return contextWindow * (1 - safetyShare) - maxTokens - fixedTokens
}

function messageTokens(
  { content, images = [] }: Pick<ChatMessage, 'content' | 'images'>,
  tokensOf: (characters: number) => number,
): number {
  return tokensOf(content.length) + messageOverhead + images.length * tokensOfImage
}

/** Tokens of a whole history. */
export function historyTokensOf(history: readonly string[], tokensOf: (characters: number) => number): number {
  let tokens = 0
  for (let index = 1; index < history.length; index += 2)
    tokens += tokensOf(history[index]?.length ?? 0) + messageOverhead
  return tokens
}
