import { createContext, type ReactNode } from 'react'
import { inOrder } from './in-order.ts'

/** Draws the mark of a source by its number; null where the text has no such source. */
export type DrawMark = (number: number) => ReactNode

/** What the numbers in brackets of a text mean; without it they are text, as they are inside links. */
export const CitationMarks = createContext<DrawMark | null>(null)

/** `[1]` and `[1, 2]`, as a whole. */
export const citation = /(\[\s?\d{1,3}(?:\s?[,;]\s?\d{1,3}){0,20}\s?\])/

/** The marks of what stands in one pair of brackets; as it was written where none of its numbers is a source. */
export function marksOf(brackets: string, draw: DrawMark): ReactNode {
  const numbers = brackets.match(/\d+/g) ?? []
  const marks = numbers.map((number) => draw(Number(number)))
  if (marks.every((mark) => mark === null)) return brackets
  return inOrder(marks.map((mark, index) => mark ?? `[${numbers[index]}]`))
}
