import { z } from 'zod'
import { Id, label, PageQuery, Timestamp } from './common.ts'
import { endpoint } from './endpoint.ts'
import { Message } from './messages.ts'

/**
 * What to look for. All words must occur, in any order, whatever their case and accents; the last one may be the
 * beginning of a word. `"in quotes"` means side by side, `-word` means without it, `or` means either side of it.
 */
export const MessageSearchQuery = PageQuery.extend({ q: label(1, 200), project_id: Id.optional() })
export type MessageSearchQuery = z.infer<typeof MessageSearchQuery>

/** A message that was found. */
export const MessageHit = z.object({
  message_id: Id,
  session_id: Id,
  session_title: z.string().nullable(),
  project_id: Id,
  role: Message.shape.role,
  /** Where the words stand, with some text around them, on one line; `…` marks what was left out. */
  snippet: z.string(),
  /** The matches in the snippet as `[start, end)` in UTF-16 units, in order and apart from each other. */
  matches: z.array(z.tuple([z.int(), z.int()])),
  timestamp: Timestamp,
  /** How well it matches: more, and closer together, is higher. Comparable within one search only. */
  rank: z.number(),
})
export type MessageHit = z.infer<typeof MessageHit>

export const search = {
  messages: endpoint({
    method: 'GET',
    path: '/search/messages',
    access: 'user',
    status: 200,
    tag: 'Search',
    summary: 'Find messages by their words, newest first',
    query: MessageSearchQuery,
    item: MessageHit,
  }),
} as const
