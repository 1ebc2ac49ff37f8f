const maxLength = 60
/** A sentence as short as a greeting says nothing about the session: the next one is taken along. */
const minLength = 16
/** More of a message is not looked at. */
const readLength = 2000

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' })
const words = new Intl.Segmenter(undefined, { granularity: 'word' })

/**
 * A title for a session that begins with this message: its first sentence as plain text on one line, at most 60 UTF-16
 * units, cut between words with `…`. Works for any language and direction of writing. `Untitled` for a message that
 * has nothing to show.
 */
export function titleOf(firstMessage: string): string {
  const start = firstMessage
    .slice(0, readLength)
    .toWellFormed()
    .replace(/\uFFFD$/, '')
  const line = withoutMarkdown(start) || onOneLine(start)
  return cut(firstSentences(line)) || 'Untitled'
}

/** The text without Markdown's marks; of code only the first block's text where there is nothing else. */
function withoutMarkdown(text: string): string {
  const prose = text.replace(/^ {0,3}(```|~~~)[^\n]*\n[\s\S]*?(^ {0,3}\1[^\n]*$|$(?![\s\S]))/gm, ' ')
  const source = prose.trim() === '' ? text.replace(/^ {0,3}(```|~~~)[^\n]*$/gm, ' ') : prose
  return onOneLine(
    source
      .replace(/!?\[([^\][]*)\]\([^()\s]*\)/g, '$1')
      .replace(/<\/?[a-zA-Z][^<>]*>/g, ' ')
      .replace(/^[ \t]*(#{1,6}|>+|[-*+]|\d{1,9}[.)])[ \t]+/gm, '')
      .replace(/^[ \t]*([-*_=][ \t]*){3,}$/gm, ' ')
      .replace(/(\*\*|__|~~|`+)(?=\S)/g, '')
      .replace(/(?<=\S)(\*\*|__|~~|`+)/g, '')
      .replace(/(?<![\p{L}\p{N}*])[*_](?=[\p{L}\p{N}])|(?<=[\p{L}\p{N}\p{P}])[*_](?![\p{L}\p{N}*])/gu, ''),
  )
}

/** White space becomes single spaces; control characters, those that turn the direction of writing included, go. */
function onOneLine(text: string): string {
  return text
    .replace(/\s+/gu, ' ')
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff]/gu, '')
    .trim()
}

function firstSentences(line: string): string {
  let taken = ''
  for (const { segment } of sentences.segment(line)) {
    taken += segment
    if (taken.trim().length >= minLength) break
  }
  return taken.trim()
}

function cut(line: string): string {
  if (line.length <= maxLength) return line
  let end = 0
  for (const { index, segment } of words.segment(line)) {
    if (index + segment.length > maxLength - 1) break
    end = index + segment.length
  }
  // A first word that is too long by itself, as a web address is, is cut where a character ends.
  const kept = end > 0 ? line.slice(0, end) : wholeCharacters(line, maxLength - 1)
  return `${kept.replace(/[\s\p{Pd}\p{Ps}\p{Pi},;:.،、。]+$/u, '')}…`
}

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function wholeCharacters(line: string, length: number): string {
  let end = 0
  for (const { index, segment } of characters.segment(line.slice(0, length * 2))) {
    if (index + segment.length > length) break
    end = index + segment.length
  }
  return line.slice(0, end)
}
