import { passageBlock, type QuotedPassage } from '../../../llm/passages/passage-block.ts'
import { type Grounding, withRules } from '../../../llm/passages/passage-rules.ts'
import type { ChatMessage } from '../../../llm/provider.ts'
import { historyTokensOf, type Prompt, roomBeside, type WindowLimits } from '../context-window.ts'

/** What an answer stands on. */
export interface Grounds {
  grounding: Grounding
  /** The best first. */
  passages: readonly QuotedPassage[]
  /** Around the passages; see {@link passageBlock}. */
  boundary: string
}

/**
 * A prompt with passages before its question, as data in the user's turn, and with our rules for them behind the system
 * prompt. They leave at least half of the room to the history, where it needs that much.
 */
export function groundedPrompt(
  prompt: Prompt,
  grounds: Grounds,
  limits: WindowLimits,
  tokensOf: (characters: number) => number,
): Prompt {
  const withSystem = { ...prompt, system: withRules(prompt.system, grounds.grounding) }
  const count = passagesThatFit(withSystem, grounds, limits, tokensOf)
  const passages = grounds.passages.slice(0, count)
  if (passages.length === 0 && grounds.grounding === 'open') return withSystem
  return { ...withSystem, question: withBlock(prompt.question, passageBlock(passages, grounds.boundary)) }
}

/** How many of the passages a window takes beside everything else; the prompt has its rules already. */
export function passagesThatFit(
  prompt: Prompt,
  { passages, boundary }: Grounds,
  limits: WindowLimits,
  tokensOf: (characters: number) => number,
): number {
  const room = roomBeside(prompt, limits, tokensOf)
  const history = Math.min(limits.historyTokens, historyTokensOf(prompt.history, tokensOf))
  const share = Math.max(room - history, room / 2)
  let count = passages.length
  while (count > 0 && tokensOf(passageBlock(passages.slice(0, count), boundary).length) > share) count--
  return count
}

function withBlock(question: readonly ChatMessage[], block: string): ChatMessage[] {
  const place = question.findIndex(({ role }) => role === 'user')
  return question.map((message, index) =>
    index === place ? { ...message, content: `${block}\n\n${message.content}` } : message,
  )
}
