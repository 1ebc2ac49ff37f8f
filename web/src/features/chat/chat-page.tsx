import { useQueryClient } from '@tanstack/react-query'
import { Bot } from 'lucide-react'
import { type ReactNode, useEffect, useEffectEvent } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { keys } from '../../lib/queries/keys.ts'
import { useProject, useProjects } from '../../lib/queries/projects.ts'
import { Link } from '../../lib/router/link.tsx'
import { storage } from '../../lib/storage.ts'
import { buttonClass } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { SidebarButton } from '../../ui/sidebar-button.tsx'
import { ChatHeader, type ChatMenuProps } from './chat-header.tsx'
import { ChatView } from './chat-view.tsx'
import { EmptyConversation } from './empty-conversation.tsx'
import { Inspector, useInspector } from './inspector.tsx'
import { useChat, useChatSnapshot } from './use-chat.ts'
import { type ConversationPlace, useConversation } from './use-conversation.ts'
import { draftPlace } from './use-draft.ts'

interface ChatPageProps {
  /** What can be done to the conversation, for its header. */
  menu: (given: ChatMenuProps) => ReactNode
  /** What the bot is told, for a panel at the end. */
  inspector?: ReactNode
}

/** The page of a conversation, new or stored, at `/app/chat/:projectId/:sessionId?`. */
export function ChatPage({ menu, inspector }: ChatPageProps) {
  const place = useConversation()
  const { isSuccess } = useProjects()
  const project = useProject(place.projectId)
  if (isSuccess && !project) return <NoBot />
  return <Conversation key={place.key} place={place} menu={menu} inspector={inspector} />
}

function Conversation({ place, menu, inspector }: ChatPageProps & { place: ConversationPlace }) {
  const { projectId, sessionId, at } = place
  const chat = useChat({
    projectId,
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(at === null ? {} : { around: at }),
    ...(storage === undefined ? {} : { storage }),
  })
  const snapshot = useChatSnapshot(chat)
  const { isOpen, toggle, close } = useInspector()
  const ownId = snapshot.session?.id ?? sessionId
  useAddress(place, { ownId, answerId: snapshot.run?.messageId ?? null })
  return (
    <div className="flex h-full min-w-0">
      <div className="flex min-w-0 flex-1 flex-col">
        <ChatHeader
          projectId={projectId}
          session={snapshot.session}
          isNew={ownId === undefined}
          menu={menu}
          inspector={inspector ? { isOpen, toggle } : null}
        />
        <ChatView
          chat={chat}
          snapshot={snapshot}
          projectId={projectId}
          empty={<EmptyConversation projectId={projectId} />}
          draftPlace={draftPlace(projectId, ownId)}
          prefill={place.text}
          markedId={at}
          onJump={place.leaveMark}
        />
      </div>
      {inspector && (
        <Inspector isOpen={isOpen} onClose={close}>
          {inspector}
        </Inspector>
      )}
    </div>
  )
}

/** Keeps the address and the list of conversations in step with the chat. */
function useAddress(place: ConversationPlace, now: { ownId: string | undefined; answerId: string | null }): void {
  const queryClient = useQueryClient()
  const follow = useEffectEvent(() => {
    if (place.text !== null) place.textTaken()
    else if (now.ownId !== undefined && place.sessionId === undefined) place.accepted(now.ownId)
    else if (now.answerId !== null) void queryClient.invalidateQueries({ queryKey: keys.sessions(place.projectId) })
  })
  useEffect(() => {
    if (now.ownId !== undefined || now.answerId !== null || place.text !== null) follow()
  }, [now.ownId, now.answerId, place.text])
}

function NoBot() {
  const { t } = useTranslation('chat')
  return (
    <div className="flex h-full flex-col p-2">
      <SidebarButton />
      <h1 className="sr-only">{t('noBot')}</h1>
      <EmptyState
        icon={Bot}
        text={t('noBot')}
        action={
          <Link to="/app/bots" className={buttonClass('primary')}>
            {t('toBots')}
          </Link>
        }
      />
    </div>
  )
}
