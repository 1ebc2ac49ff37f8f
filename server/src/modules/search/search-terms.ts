import { wordsIn } from './words.ts'

/** Words that stand side by side; of the last one only the beginning counts where `isPrefix` is set. */
export interface Phrase {
  keys: string[]
  isPrefix: boolean
}

export interface SearchTerms {
  /** As a tsquery literal. */
  tsquery: string
  /** What to show in the messages found: the phrases that are wanted. */
  wanted: Phrase[]
}

interface Term extends Phrase {
  isExcluded: boolean
}

// A quoted phrase, whose closing quote may be missing, or anything up to a space, either with a minus before it.
const chunk = /(-?)"([^"]*)("?)|(\S+)/g

/**
 * Reads what people type: all words must occur; `"in quotes"` side by side; `-word` must not; `or` is between
 * alternatives, which bind weaker. What is not quoted and ends the text may go on (`libr` finds `library`). Words that
 * are joined by a sign, as in `don't` or `e-mail`, count as a phrase. Undefined where no word is wanted.
 */
export function parseTerms(text: string): SearchTerms | undefined {
  const alternatives: Term[][] = [[]]
  for (const match of text.matchAll(chunk)) {
    const [whole, minus, quoted, , bare = ''] = match
    if (/^or$/i.test(bare)) {
      alternatives.push([])
      continue
    }
    const isExcluded = minus === '-' || (bare.startsWith('-') && bare.length > 1)
    const keys = Array.from(wordsIn(quoted ?? bare), ({ key }) => key)
    if (keys.length === 0) continue
    const isLast = match.index + whole.length === text.length
    const isPrefix = isLast && quoted === undefined && !isExcluded && (keys.at(-1)?.length ?? 0) > 1
    alternatives.at(-1)?.push({ keys, isPrefix, isExcluded })
  }
  const useful = alternatives.filter((terms) => terms.some(({ isExcluded }) => !isExcluded))
  if (useful.length === 0) return undefined
  return {
    tsquery: useful.map((terms) => `(${terms.map(toTsquery).join(' & ')})`).join(' | '),
    wanted: useful.flat().filter(({ isExcluded }) => !isExcluded),
  }
}

function toTsquery({ keys, isPrefix, isExcluded }: Term): string {
  const lexemes = keys.map((key, index) => `'${key}'${isPrefix && index === keys.length - 1 ? ':*' : ''}`)
  return `${isExcluded ? '!' : ''}(${lexemes.join(' <-> ')})`
}
