import type { Span } from './text-builder.ts'
import { estimateTokens } from './tokens.ts'

/** A stretch of text that is not divided further. Offsets are into the whole text, without white space at the ends. */
export interface Unit {
  start: number
  end: number
  tokens: number
  heading: boolean
}

interface Sizes {
  /** Tokens above which a paragraph is divided into sentences. */
  target: number
  /** Tokens no unit exceeds. */
  max: number
  /** Language whose rules tell where a sentence ends. */
  locale: string
}

/** Divides spans into what a passage is made of: whole spans where they are small, else sentences or lines. */
export function* unitsOf(text: string, spans: Span[], sizes: Sizes): Generator<Unit> {
  const sentences = new Intl.Segmenter(sizes.locale, { granularity: 'sentence' })
  for (const { start, end, kind } of spans) {
    const whole = unit(text, start, end, kind === 'heading')
    if (whole.tokens <= (kind === 'text' ? sizes.target : sizes.max)) yield whole
    else yield* divided(text, whole, kind === 'text' ? sentences : undefined, sizes.max)
  }
}

function* divided(text: string, whole: Unit, sentences: Intl.Segmenter | undefined, max: number): Generator<Unit> {
  for (const part of sentences ? sentenceEnds(text, whole, sentences) : lineEnds(text, whole)) {
    const found = unit(text, part.start, part.end, false)
    if (found.start === found.end) continue
    if (found.tokens <= max) yield found
    else yield* cut(text, found, max)
  }
}

interface Part {
  start: number
  end: number
}

/** The segmenter copies what it is given and is slow where a sentence never ends: it sees a window at a time. */
const windowLength = 8192

function* sentenceEnds(text: string, { start, end }: Part, sentences: Intl.Segmenter): Generator<Part> {
  for (let from = start; from < end; ) {
    const to = Math.min(from + windowLength, end)
    // To the segmenter a line break ends a sentence; here it is where a line was full.
    const found = [...sentences.segment(text.slice(from, to).replaceAll('\n', ' '))]
    // The last one may go on behind the window, unless it is all there is.
    if (to < end && found.length > 1) found.pop()
    const base = from
    for (const { index, segment } of found) {
      from = base + index + segment.length
      yield { start: base + index, end: from }
    }
  }
}

function* lineEnds(text: string, { start, end }: Part): Generator<Part> {
  for (let from = start; from < end; ) {
    const at = text.indexOf('\n', from)
    const to = at === -1 || at >= end ? end : at + 1
    yield { start: from, end: to }
    from = to
  }
}

/** Divides what has no structure left, between words where there are any. */
function* cut(text: string, { start, end }: Part, max: number): Generator<Unit> {
  for (let from = start; from < end; ) {
    let to = Math.min(end, from + max)
    // Most text has several characters to a token; never more than `max` tokens in `max` characters.
    while (to < end && estimateTokens(text.slice(from, Math.min(end, to + max / 2))) <= max)
      to = Math.min(end, to + max / 2)
    if (to < end) to = wordEnd(text, from, to)
    const found = unit(text, from, to, false)
    if (found.start < found.end) yield found
    from = to
  }
}

function wordEnd(text: string, from: number, to: number): number {
  const least = from + Math.floor((to - from) / 2)
  for (let at = to; at > least; at -= 1) if (/\s/.test(text.charAt(at))) return at
  const splitsPair = /[\udc00-\udfff]/.test(text.charAt(to)) && /[\ud800-\udbff]/.test(text.charAt(to - 1))
  return splitsPair ? to - 1 : to
}

function unit(text: string, start: number, end: number, heading: boolean): Unit {
  const part = text.slice(start, end)
  const from = start + part.length - part.trimStart().length
  const trimmed = part.trim()
  return { start: from, end: from + trimmed.length, tokens: estimateTokens(trimmed), heading }
}
