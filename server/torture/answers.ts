import type { Round } from '../test/support/upstream-round.ts'

/** How the upstream treats a question; its name begins the question, so that both sides know without talking. */
export const plans = ['quick', 'slow', 'long', 'cut', 'refused'] as const
export type Plan = (typeof plans)[number]

/** The answer to a question, in pieces: always the same, so that a stored one can be checked without any record. */
export function piecesOf(question: string): string[] {
  const plan = planOf(question)
  const start = `To “${question}”: `
  if (plan === 'long') return [start, ...Array.from({ length: 12 }, (_, index) => `${index} ${'lörem '.repeat(600)}`)]
  const count = plan === 'slow' ? 30 : 6
  return [start, ...Array.from({ length: count }, (_, index) => `piece ${index} 🪨 `)]
}

/** What the upstream plays for the end of a conversation; asked to carry an answer on, it says only the rest. */
export function roundFor(messages: readonly { content: string }[]): Round {
  const last = messages.at(-1)?.content ?? ''
  if (planOf(last) !== undefined) return play(last, piecesOf(last))
  const [question, begun] = messages.slice(-3).map(({ content }) => content)
  return play(question ?? '', [
    piecesOf(question ?? '')
      .join('')
      .slice(begun?.length ?? 0),
  ])
}

function play(question: string, text: string[]): Round {
  switch (planOf(question)) {
    case 'slow':
      return { text, delayMs: 25 }
    case 'long':
      return { text, delayMs: 4 }
    case 'cut':
      return { text, delayMs: 5, cutAfter: 3 }
    case 'refused':
      return { status: 400, body: '{"error":{"message":"no"}}' }
    default:
      return { text }
  }
}

function planOf(question: string): Plan | undefined {
  return plans.find((plan) => question.startsWith(plan))
}
