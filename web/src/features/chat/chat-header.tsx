import type { ChatSession } from '@chatbot-platform/contract'
import { PanelRight, ScrollText, Settings } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useSession } from '../../lib/queries/session-changes.ts'
import { useNavigate } from '../../lib/router/use-router.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import type { MenuItem } from '../../ui/menu.tsx'
import { SidebarButton } from '../../ui/sidebar-button.tsx'
import { ChatTitle } from './chat-title.tsx'
import { useBotModel } from './use-bot.ts'

export interface ChatMenuProps {
  projectId: string
  /** Null while there is none: a new conversation, or one that is being loaded. */
  session: ChatSession | null
  /** Changes the title in its place. */
  rename: () => void
  /** The ways to what the bot is told. */
  botItems: MenuItem[]
}

interface ChatHeaderProps {
  projectId: string
  /** As the chat knows it. */
  session: ChatSession | null
  isNew: boolean
  menu: (given: ChatMenuProps) => ReactNode
  inspector: { isOpen: boolean; toggle: () => void } | null
}

/** Which conversation this is, what answers in it, what can be done to it, and the way to what the bot is told. */
export function ChatHeader({ projectId, session: known, isNew, menu, inspector }: ChatHeaderProps) {
  const { t } = useTranslation('chat')
  const navigate = useNavigate()
  const { model } = useBotModel(projectId)
  const session = useSession(projectId, known)
  const [isRenaming, setRenaming] = useState(false)
  const botItems = [
    { label: t('header.settings'), icon: Settings, onSelect: () => void navigate(`/app/bots/${projectId}`) },
    { label: t('header.prompt'), icon: ScrollText, onSelect: () => void navigate(`/app/bots/${projectId}/prompt`) },
  ]
  return (
    <header className="flex min-h-13 items-center gap-1 border-line border-b px-2 py-1.5 sm:px-4">
      <SidebarButton />
      <ChatTitle projectId={projectId} session={session} isNew={isNew} isRenaming={isRenaming} onRename={setRenaming} />
      {model && (
        <span className="hidden max-w-56 truncate px-2 text-muted text-sm md:block" dir="ltr">
          {model}
        </span>
      )}
      {menu({ projectId, session, rename: () => setRenaming(true), botItems })}
      {inspector && (
        <IconButton
          icon={PanelRight}
          label={t(inspector.isOpen ? 'header.hideInspector' : 'header.showInspector')}
          aria-expanded={inspector.isOpen}
          className="rtl:-scale-x-100"
          onClick={inspector.toggle}
        />
      )}
    </header>
  )
}
