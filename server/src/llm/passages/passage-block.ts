import { randomBytes } from 'node:crypto'
import { linesOf, neutral, neutralLine } from './neutral-text.ts'

/** A passage of a document as a model reads it. */
export interface QuotedPassage {
  /** By which an answer cites it. */
  number: number
  fileName: string
  /** From 1. */
  page: number | null
  heading: string | null
  text: string
}

const nameLength = 120
const headingLength = 200
const opening = 'BEGIN DOCUMENTS'
const closing = 'END DOCUMENTS'
const empty = '(nothing was found)'
/** Before every line of a passage, so that none of them can be a line of ours. */
const quoteMark = '| '

/** A code that nobody who wrote a document can have known. */
export function newBoundary(): string {
  return randomBytes(12).toString('hex')
}

/**
 * Passages as data at the beginning of a user's message:
 *
 *     BEGIN DOCUMENTS 0f3a…
 *     [1] "Returns.pdf", page 2, under "Returns › Deadlines"
 *     | Goods may be returned within 30 days.
 *     END DOCUMENTS 0f3a…
 *
 * Whatever stands in them, their lines begin with `| `, only ours name the boundary, and only ours have numbers in brackets.
 */
export function passageBlock(passages: readonly QuotedPassage[], boundary: string): string {
  const quoted = passages.map((passage) => [headOf(passage), ...quotedLines(passage.text)].join('\n'))
  const content = (quoted.length > 0 ? quoted.join('\n') : empty).replaceAll(boundary, '')
  return `${opening} ${boundary}\n${content}\n${closing} ${boundary}`
}

/** What stands in a message that begins with such a block; null for one that does not. */
export function readPassageBlock(
  message: string,
): { passages: { number: number; text: string }[]; rest: string } | null {
  const found = /^BEGIN DOCUMENTS (\S+)\n([\s\S]*?)\nEND DOCUMENTS \1(?:\n|$)/.exec(message)
  if (!found) return null
  const passages: { number: number; text: string }[] = []
  for (const line of (found[2] ?? '').split('\n')) {
    const [, number] = /^\[(\d+)\] /.exec(line) ?? []
    if (number !== undefined) passages.push({ number: Number(number), text: '' })
    else if (line.startsWith(quoteMark)) addLine(passages.at(-1), line.slice(quoteMark.length))
  }
  return { passages, rest: message.slice(found[0].length).trim() }
}

function headOf({ number, fileName, page, heading }: QuotedPassage): string {
  const where = [
    `"${neutralLine(fileName, nameLength)}"`,
    ...(page === null ? [] : [`page ${page}`]),
    ...(heading === null ? [] : [`under "${neutralLine(heading, headingLength)}"`]),
  ]
  return `[${number}] ${where.join(', ')}`
}

function quotedLines(text: string): string[] {
  return linesOf(text.trim()).map((line) => `${quoteMark}${neutral(line).trimEnd()}`)
}

function addLine(passage: { text: string } | undefined, line: string): void {
  if (passage) passage.text += passage.text === '' ? line : `\n${line}`
}
