import type { ChatProblem } from '@chatbot-platform/client'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Link } from '../../lib/router/link.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { useChatControl } from './chat-context.ts'

interface FailureLinksProps {
  code: ChatProblem['code']
  /** Before the reader goes to another page. */
  onLeave: () => void
}

/** Where a refusal for the sake of a budget can be dealt with; nothing for other failures. */
export function FailureLinks({ code, onLeave }: FailureLinksProps) {
  const { t } = useTranslation('chat')
  const { projectId } = useChatControl()
  const isUnpriced = code === 'price_unknown'
  if (code !== 'budget_exceeded' && !isUnpriced) return null
  return (
    <>
      <Link to={`/app/usage?bot=${projectId}`} className={buttonClass()} onClick={onLeave}>
        {t('failure.budgets')}
      </Link>
      {isUnpriced && (
        <Link to={`/app/bots/${projectId}`} className={buttonClass()} onClick={onLeave}>
          {t('state.openSettings')}
        </Link>
      )}
    </>
  )
}
