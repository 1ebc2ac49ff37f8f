import type { Passage } from '../document.ts'
import type { Span } from './text-builder.ts'
import { estimateTokens } from './tokens.ts'
import { type Unit, unitsOf } from './units.ts'

/** Tokens of a passage: what is aimed at, what is not exceeded (but by a heading), and what is too small to stand alone. */
const target = 350
const max = 500
const tiny = 80

/** A passage without what only the whole document can tell. */
export type Piece = Pick<Passage, 'text' | 'heading' | 'page' | 'start' | 'end' | 'tokens'>

interface Section {
  spans: Span[]
  path: readonly string[]
  page: number | null
  tokens: number
  /** Several small ones put together. */
  merged: boolean
}

/**
 * Divides a document's text along its structure. A passage stays within its heading, page and sheet; only sections too
 * small to stand alone are put together with their neighbours under the same parent. No sentence is divided unless it is
 * longer than a passage.
 */
export function* splitText(text: string, spans: Span[], locale: string): Generator<Piece> {
  for (const section of mergeTiny(sectionsOf(text, spans))) {
    const heading = section.path.length > 0 ? section.path.join(' › ') : null
    for (const { start, end, tokens } of pack(unitsOf(text, section.spans, { target, max, locale })))
      yield { text: text.slice(start, end), heading, page: section.page, start, end, tokens }
  }
}

function sectionsOf(text: string, spans: Span[]): Section[] {
  const sections: Section[] = []
  for (const span of spans) {
    const tokens = estimateTokens(text.slice(span.start, span.end))
    const last = sections.at(-1)
    if (last && last.path === span.path && last.page === span.page) {
      last.spans.push(span)
      last.tokens += tokens
    } else sections.push({ spans: [span], path: span.path, page: span.page, tokens, merged: false })
  }
  return sections
}

function mergeTiny(sections: Section[]): Section[] {
  const merged: Section[] = []
  for (const section of sections) {
    const last = merged.at(-1)
    const path = last && last.page === section.page ? mergedPath(last, section) : undefined
    if (last && path) {
      last.merged ||= last.spans.some((span) => span.kind !== 'heading')
      last.spans.push(...section.spans)
      last.tokens += section.tokens
      last.path = path
    } else merged.push({ ...section })
  }
  return merged
}

/** The headings of two neighbours that are to be one section. */
function mergedPath(before: Section, after: Section): readonly string[] | undefined {
  const common = commonPath(before.path, after.path)
  const onlyHeadings = before.spans.every((span) => span.kind === 'heading')
  // A chapter's heading above its first section is part of that section.
  if (onlyHeadings && common.length === before.path.length && before.tokens < tiny) return after.path
  if (after.tokens >= tiny || (before.tokens >= tiny && !before.merged)) return undefined
  if (before.tokens + after.tokens > target) return undefined
  return common.length > 0 && common.length >= after.path.length - 1 ? common : undefined
}

function commonPath(one: readonly string[], other: readonly string[]): readonly string[] {
  const differs = one.findIndex((title, level) => other[level] !== title)
  return differs === -1 ? one : one.slice(0, differs)
}

/** Fills passages up to the target, a last small one into the one before it. */
function pack(units: Iterable<Unit>): Unit[] {
  const passages: Unit[] = []
  let open: Unit | undefined
  for (const unit of units) {
    if (open && fits(open, unit)) open = join(open, unit)
    else {
      if (open) passages.push(open)
      open = unit
    }
  }
  const last = passages.at(-1)
  if (!open) return passages
  if (last && open.tokens < tiny && last.tokens + open.tokens <= max) passages[passages.length - 1] = join(last, open)
  else passages.push(open)
  return passages
}

function fits(open: Unit, unit: Unit): boolean {
  const tokens = open.tokens + unit.tokens
  return tokens <= target || (open.tokens < tiny && (open.heading || tokens <= max))
}

function join(first: Unit, second: Unit): Unit {
  const tokens = first.tokens + second.tokens
  return { start: first.start, end: second.end, tokens, heading: first.heading && second.heading }
}
