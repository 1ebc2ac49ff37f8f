import type { ChatSnapshot } from '@chatbot-platform/client'
import { useTranslation } from '../../i18n/use-translation.ts'
import { problemText } from '../../lib/problems.ts'
import { Link } from '../../lib/router/link.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { useChatControl } from './chat-context.ts'

/** Why a conversation is not shown, and what can be done. */
export function ChatFailed({ snapshot }: { snapshot: ChatSnapshot }) {
  const { t, language } = useTranslation('chat')
  const { t: errors } = useTranslation('errors')
  const { chat, projectId } = useChatControl()
  const { problem } = snapshot
  const isGone = problem?.code === 'not_found'
  return (
    <div className="mx-auto w-full max-w-[46rem] flex-1 px-4 pt-5">
      <Notice
        tone="danger"
        actions={
          isGone ? (
            <Link to={`/app/chat/${projectId}`} className={buttonClass()}>
              {t('startNew')}
            </Link>
          ) : (
            <Button onClick={() => void chat.reload()}>{t('common:retry')}</Button>
          )
        }
      >
        <p className="font-medium">{t('openFailed')}</p>
        <p>{problemText(errors, language, problem)}</p>
      </Notice>
    </div>
  )
}
