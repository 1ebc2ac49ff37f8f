import { z } from 'zod'

/** Ids are UUIDs made by the server (version 7); any UUID spelling is read. */
export const Id = z.guid().meta({ format: 'uuid' })

/** UTC with milliseconds and `Z`, e.g. `2026-01-31T12:00:00.000Z`. */
export const Timestamp = z.iso.datetime()

/**
 * Text that PostgreSQL and UTF-8 can hold: no U+0000, no half of a surrogate pair. `max` counts UTF-16 units, as
 * JavaScript's `length` does.
 */
export function text(min: number, max: number) {
  return z
    .string()
    .min(min)
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), {
      error: 'Must be well-formed Unicode without U+0000',
    })
}

/** Text on one line of a form: surrounding white space is dropped before the limits apply. */
export function label(min: number, max: number) {
  return text(0, max + 1000)
    .transform((value) => value.trim())
    .pipe(z.string().min(min).max(max))
}

/** How many items a page has unless the caller says otherwise, and at most. */
export const pageLimit = { default: 50, max: 100 } as const

/** The query of every list: `limit`, and the opaque `cursor` that the previous page's `Link` header carries. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(pageLimit.max).default(pageLimit.default),
  cursor: z.string().max(200).optional(),
})
export type PageQuery = z.infer<typeof PageQuery>
