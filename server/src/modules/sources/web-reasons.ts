import type { FileError, FileErrorCode } from '@chatbot-platform/contract'
import type { PageLeft, PageReasonCode } from '../../documents/web/web-source.ts'

const codes: Record<PageReasonCode, FileErrorCode> = {
  bad_url: 'bad_url',
  blocked_address: 'blocked_address',
  content_type: 'unsupported_type',
  http_status: 'unreachable',
  redirect_limit: 'unreachable',
  timeout: 'timeout',
  too_large: 'too_large',
  unreachable: 'unreachable',
  bad_sitemap: 'broken',
  duplicate: 'other_site',
  other_origin: 'other_site',
  page_limit: 'too_many_pages',
  robots: 'robots',
  robots_unavailable: 'robots',
  size_limit: 'too_large',
  time_limit: 'timeout',
}

/** Why a page was left, as its owner is told. */
export function errorOf({ reason }: PageLeft): FileError {
  return { code: codes[reason.code], detail: reason.text }
}

/** At this address there is nothing of the source any more, as its server says. */
export function isGone({ reason: { code, status } }: PageLeft): boolean {
  return status === 404 || status === 410 || code === 'duplicate' || code === 'other_origin'
}

/** It speaks of the whole reading, which ended there. */
export function isLimit({ reason: { code } }: PageLeft): boolean {
  return code === 'page_limit' || code === 'size_limit' || code === 'time_limit'
}
