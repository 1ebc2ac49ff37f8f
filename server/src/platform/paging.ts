import { z } from 'zod'
import { invalid } from './errors.ts'

/** One page of a list; `nextCursor` is null on the last, `prevCursor` is there on pages of lists that also go back. */
export interface Page<T> {
  items: T[]
  nextCursor: string | null
  prevCursor?: string | null
}

/**
 * Makes a page out of up to `limit + 1` rows: one row more than asked for proves that another page exists. `keyOf`
 * names the sort key of a row, which the cursor carries.
 */
export function toPage<R, T>(
  rows: R[],
  limit: number,
  keyOf: (row: R) => (string | number)[],
  toItem: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null
  return { items: shown.map(toItem), nextCursor }
}

/** Reads a cursor made by {@link toPage}; throws 422 on anything else. */
export function decodeCursor<S extends z.ZodType>(cursor: string | undefined, key: S): z.output<S> | undefined {
  if (cursor === undefined) return undefined
  try {
    return key.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch {
    throw invalid(['query', 'cursor'], 'This cursor is not one of this list. Start again without a cursor.')
  }
}

/** The key of lists ordered by a time and then an id. */
export const timeCursor = z.tuple([z.iso.datetime().refine((time) => time >= '0001'), z.guid()])

/**
 * RFC 8288 `Link` value for a page beside this one: the same request with the cursor replaced. The cursor also takes the
 * place of `around`, with which a list may have begun.
 */
export function pageLink(url: string, cursor: string, rel: 'next' | 'prev'): string {
  const { pathname, searchParams: search } = new URL(url, 'http://relative')
  search.delete('around')
  search.set('cursor', cursor)
  return `<${pathname}?${search}>; rel="${rel}"`
}

/** Makes a cursor of a list's sort key; {@link decodeCursor} reads it. */
export function encodeCursor(key: (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}
