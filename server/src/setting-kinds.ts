import { z } from 'zod'
import { readRedisAddress } from './platform/redis/redis-address.ts'
import { storageUrlProblem } from './platform/storage/storage-url.ts'

/** One environment variable: how it is read, and how it is documented. */
export interface Setting<S extends z.ZodType = z.ZodType> {
  schema: S
  /** What it does, in a sentence or two; becomes its documentation. */
  about: string
  /** What applies when unset, in words, where the schema's own default does not say it. */
  unset?: string
  example?: string
  secret?: boolean
  /** When it must be set, as a word for the documentation. */
  required?: string
}

export function setting<S extends z.ZodType>(schema: S, about: string, more: Omit<Setting, 'schema' | 'about'> = {}) {
  return { schema, about, ...more } satisfies Setting
}

export const between = (min: number, max: number) =>
  z.coerce
    .number({ error: 'must be a number' })
    .min(min, { error: `must be at least ${min}` })
    .max(max, { error: `must be at most ${max}` })
export const whole = (min: number, max: number) => between(min, max).int({ error: 'must be a whole number' })
export const cap = (initial: number) => whole(0, 10_000_000).default(initial)
export const tokenBudget = () => whole(1, 1_000_000_000_000).optional()
export const costBudget = () => between(0.0001, 1_000_000_000).optional()
export const noBudget = { unset: 'no such budget' }
export const filesUrl = () =>
  z
    .string()
    .superRefine((url, context) => {
      const problem = storageUrlProblem(url)
      if (problem !== null) context.addIssue({ code: 'custom', message: problem })
    })
    .optional()
export const flag = (initial: boolean) => z.stringbool({ error: 'must be true or false' }).default(initial)
export const oneOf = <const T extends [string, ...string[]]>(...values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` })
export const key = () =>
  z
    .string()
    .min(1)
    .max(1000)
    .regex(/^[\x21-\x7e]+$/, { error: 'must be printable ASCII without spaces' })
    .optional()
export const httpUrl = () => z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional()
export const postgresUrl = () =>
  z
    .string()
    .regex(/^postgres(ql)?(\+\w+)?:\/\/.+/, { error: 'must be a postgresql:// URL' })
    // SQLAlchemy names its driver in the scheme, and asyncpg's `ssl` is what everybody else calls `sslmode`.
    .transform((url) =>
      url.replace(/^postgres(ql)?(\+\w+)?:/, 'postgresql:').replace(/([?&])ssl=(?=[a-z])/, '$1sslmode='),
    )
    .refine(URL.canParse, { error: 'must be a valid URL; percent-encode special characters of the password' })
    .optional()
export const redisUrls = () =>
  z
    .string()
    .transform((urls, context) => {
      const address = readRedisAddress(urls)
      if (address) return address
      context.addIssue({ code: 'custom', message: 'must be a redis:// or rediss:// URL, or several of a cluster' })
      return z.NEVER
    })
    .optional()
export const commaSeparated = z
  .string()
  .default('')
  .transform((list) =>
    list
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  )
/** `provider/model=input/output`; a model's name may have slashes of its own. */
export const modelPrice = z
  .string()
  .regex(/^[a-z-]+\/[^\s=]+=\d{1,6}(\.\d{1,6})?\/\d{1,6}(\.\d{1,6})?$/, {
    error: 'must be provider/model=input/output, such as openai-compatible/*=0.1/0.4',
  })
  .transform((text) => {
    const [name = '', prices = ''] = text.split('=')
    const [input, output] = prices.split('/').map(Number)
    const slash = name.indexOf('/')
    return { provider: name.slice(0, slash), model: name.slice(slash + 1), input: input ?? 0, output: output ?? 0 }
  })
export const origins = commaSeparated.pipe(
  z.array(z.string().regex(/^https?:\/\/[^/\s]+$/, { error: 'must be origins such as https://app.example.com' })),
)
