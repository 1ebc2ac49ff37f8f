import { useTranslation } from '../../i18n/use-translation.ts'
import { ChatView } from './chat-view.tsx'
import { useChat, useChatSnapshot } from './use-chat.ts'

interface SideChatProps {
  projectId: string
  /** The prompt version to try. */
  promptId: string
}

/** A small chat beside another page, to try a prompt version; another version begins another conversation. */
export function SideChat({ projectId, promptId }: SideChatProps) {
  return <Trial key={promptId} projectId={projectId} promptId={promptId} />
}

function Trial({ projectId, promptId }: SideChatProps) {
  const { t } = useTranslation('chat')
  const chat = useChat({ projectId, promptId })
  const snapshot = useChatSnapshot(chat)
  return (
    <div className="flex h-full min-h-0 flex-col">
      <ChatView
        isAside
        chat={chat}
        snapshot={snapshot}
        projectId={projectId}
        draftPlace={null}
        empty={<p className="p-6 text-muted">{t('empty.sideChat')}</p>}
      />
    </div>
  )
}
