import type { ChatSnapshot } from '@chatbot-platform/client'
import type { Message } from '@chatbot-platform/contract'
import { useState } from 'react'
import type { Translate } from '../../i18n/translate.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { problemText } from '../../lib/problems.ts'

/** A longer answer is only begun: the reader goes on in the thread. */
const spokenChars = 500

/** Tells screen readers of an answer once it has ended, and never of its single words. */
export function Announcer({ snapshot }: { snapshot: ChatSnapshot }) {
  const { t, language } = useTranslation('chat')
  const { t: errors } = useTranslation('errors')
  const [{ followedId, endedId }, setFollowed] = useState<Followed>({ followedId: null, endedId: null })
  const runId = snapshot.run?.messageId ?? null
  if (runId !== null && runId !== followedId) setFollowed({ followedId: runId, endedId: null })
  if (snapshot.run === null && followedId !== null) setFollowed({ followedId: null, endedId: followedId })
  const ended = endedId === null ? undefined : snapshot.messages.findLast(({ id }) => id === endedId)
  return (
    <div role="status" className="sr-only" dir="auto">
      {ended && wordsFor(ended, t, (code) => problemText(errors, language, code))}
    </div>
  )
}

interface Followed {
  followedId: string | null
  endedId: string | null
}

function wordsFor(
  message: Message,
  t: Translate<'chat'>,
  sentence: (problem: Parameters<typeof problemText>[2]) => string,
) {
  const { state, content, error_code: code } = message
  if (state === 'cancelled') return t('announce.cancelled')
  if (state === 'interrupted') return t('state.interrupted')
  if (state === 'failed') return sentence({ code: code ?? 'internal', detail: '', retryAfterSeconds: null })
  const text = spoken(content)
  if (text === '') return t('announce.ready')
  if (text.length <= spokenChars) return t('announce.answer', { text })
  return t('announce.more', { text: text.slice(0, spokenChars) })
}

/** Markdown without its marks, which nobody wants to hear. */
function spoken(markdown: string): string {
  return markdown
    .slice(0, spokenChars * 2)
    .replaceAll(/[*_`#>|~]+/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
