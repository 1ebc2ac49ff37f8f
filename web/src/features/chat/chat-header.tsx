import { EllipsisVertical, PanelRight, Pencil, ScrollText, Settings } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { IconButton } from '../../ui/icon-button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { SidebarButton } from '../../ui/sidebar-button.tsx'
import { ChatTitle } from './chat-title.tsx'
import { useBotModel } from './use-bot.ts'

interface ChatHeaderProps {
  projectId: string
  /** Null while there is none: a new conversation, or one that is being loaded. */
  session: { id: string; title: string | null } | null
  isNew: boolean
  inspector: { isOpen: boolean; toggle: () => void } | null
}

/** Which conversation this is, what answers in it, and the way to what the bot is told. */
export function ChatHeader({ projectId, session, isNew, inspector }: ChatHeaderProps) {
  const { t } = useTranslation(['chat', 'common'])
  const navigate = useNavigate()
  const { model } = useBotModel(projectId)
  const [isRenaming, setRenaming] = useState(false)
  const rename = { label: t('header.rename'), icon: Pencil, onSelect: () => setRenaming(true) }
  const bot = [
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
      <Menu
        align="end"
        trigger={<IconButton icon={EllipsisVertical} label={t('common:more')} />}
        groups={session ? [[rename], bot] : [bot]}
      />
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
