import { ApiError, ConnectionError } from '@chatbot-platform/client'
import type { ErrorCode } from '@chatbot-platform/contract'
import { useCallback } from 'react'
import type { Translate } from '../i18n/translate.ts'
import { useTranslation } from '../i18n/use-translation.ts'

/** What went wrong, in the terms of the API; `offline` where no answer came at all. */
export interface GivenProblem {
  code: ErrorCode | 'offline'
  detail: string
  /** Until when waiting makes sense, in seconds from now. */
  retryAfterSeconds: number | null
}

/** Beyond that a time of day alone might be taken for that of another day. */
const farSeconds = 12 * 3600

/** Turns whatever was thrown into a sentence with the next step, in the reader's language. */
export function useProblemText(): (error: unknown) => string {
  const { t, language } = useTranslation('errors')
  return useCallback((error) => problemText(t, language, toProblem(error)), [t, language])
}

/** The sentence for a problem of the API. */
export function problemText(t: Translate<'errors'>, language: string, problem: GivenProblem | null): string {
  if (!problem) return t('unknown')
  const { code, retryAfterSeconds } = problem
  const text = t(code)
  if (retryAfterSeconds === null || retryAfterSeconds < 5) return text
  const time = new Date(Date.now() + retryAfterSeconds * 1000)
  const dateStyle = retryAfterSeconds > farSeconds ? 'medium' : undefined
  const until = new Intl.DateTimeFormat(language, { timeStyle: 'short', dateStyle }).format(time)
  return `${text} ${t('retryAt', { time: until })}`
}

/** Null for what is no problem of the API: a fault of this page. */
export function toProblem(error: unknown): GivenProblem | null {
  if (error instanceof ConnectionError) return { code: 'offline', detail: error.message, retryAfterSeconds: null }
  if (!(error instanceof ApiError)) return null
  const after = Number(error.headers.get('retry-after'))
  return {
    code: error.problem.code,
    detail: error.problem.detail,
    retryAfterSeconds: Number.isFinite(after) && after > 0 ? after : null,
  }
}

/** The message of the first broken rule for a field of the body, as the server words it. */
export function fieldError(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined
  return error.problem.errors?.find(({ loc }) => loc[0] === 'body' && loc[1] === field)?.msg
}
