import { z } from 'zod'
import { documentErrorCodes } from './document.ts'

const DocumentKind = z.enum(['pdf', 'docx', 'xlsx', 'pptx', 'markdown', 'html', 'csv', 'text', 'json'])
const Language = z.string().regex(/^(?:[a-z]{2}|und)$/)
const Count = z.int().nonnegative()

const PassageMessage = z.object({
  ordinal: Count,
  text: z.string().min(1).max(20_000),
  heading: z.string().max(1000).nullable(),
  page: z.int().positive().nullable(),
  start: Count,
  end: Count,
  language: Language,
  tokens: Count,
})

/** What the process that reads a document tells, one message a line. Nothing it says is believed unparsed. */
export const ReaderMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    step: z.enum(['reading', 'splitting']),
    done: Count,
    total: Count.nullable(),
  }),
  z.object({ type: z.literal('passages'), passages: z.array(PassageMessage) }),
  z.object({
    type: z.literal('done'),
    kind: DocumentKind,
    title: z.string().max(200).nullable(),
    pages: Count.nullable(),
    characters: Count,
    language: Language,
    encoding: z
      .string()
      .regex(/^[\w-]{1,30}$/)
      .nullable(),
  }),
  z.object({
    type: z.literal('failed'),
    code: z.enum(documentErrorCodes),
    /** Empty where the code says it all. */
    message: z.string().max(500),
  }),
])

export type ReaderMessage = z.infer<typeof ReaderMessage>
