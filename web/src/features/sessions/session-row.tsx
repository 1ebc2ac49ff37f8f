import type { ChatSession } from '@chatbot-platform/contract'
import { Ellipsis } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { Link } from '../../lib/router/link.tsx'
import { useSidebar } from '../../lib/sidebar.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { useSessionMenu } from './session-menu.ts'
import { SessionTitleInput } from './session-title-input.tsx'
import { shortTitle } from './short-title.ts'
import type { SessionActions } from './use-session-actions.ts'

interface SessionRowProps {
  session: ChatSession
  isCurrent: boolean
  actions: SessionActions
}

/** One conversation: a link to it, and a menu of what can be done to it. */
export function SessionRow({ session, isCurrent, actions }: SessionRowProps) {
  const { t } = useTranslation('sessions')
  const { close } = useSidebar()
  const [isRenaming, setRenaming] = useState(false)
  const linkRef = useRef<HTMLAnchorElement>(null)
  const title = session.title ?? t('untitled')
  const menu = useSessionMenu(actions)(session, () => setRenaming(true))
  if (isRenaming) {
    const done = (given: string | null) => {
      setRenaming(false)
      if (given !== null) actions.rename(session, given)
      requestAnimationFrame(() => linkRef.current?.focus({ preventScroll: true }))
    }
    return <SessionTitleInput title={title} onDone={done} />
  }
  return (
    <div className="group relative rounded-md hover:bg-hover">
      <Link
        ref={linkRef}
        to={`/app/chat/${session.project_id}/${session.id}`}
        onClick={close}
        aria-current={isCurrent ? 'page' : undefined}
        className={cx(
          '-outline-offset-2 flex min-h-9 items-center rounded-md ps-2.5 pe-9 pointer-coarse:min-h-11 pointer-coarse:pe-12',
          isCurrent && 'bg-hover font-medium',
        )}
      >
        <span dir="auto" className="min-w-0 flex-1 truncate text-start">
          {title}
        </span>
      </Link>
      <Menu
        align="end"
        trigger={
          <IconButton
            icon={Ellipsis}
            label={t('menu', { title: shortTitle(title) })}
            className="absolute end-0.5 top-0.5 opacity-0 focus-visible:opacity-100 group-focus-within:opacity-100 group-hover:opacity-100 data-[state=open]:opacity-100 pointer-coarse:end-0 pointer-coarse:top-0 pointer-coarse:opacity-100"
          />
        }
        groups={menu}
      />
    </div>
  )
}
