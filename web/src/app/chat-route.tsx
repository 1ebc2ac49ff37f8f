import { lazy, Suspense } from 'react'
import { ChatPage } from '../features/chat/chat-page.tsx'
import { loadAllTexts } from '../i18n/index.ts'
import { useParams } from '../lib/router/use-router.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'
import { ConversationMenu } from './conversation-menu.tsx'

const LazyInspector = lazy(async () => {
  const [{ BotInspector }] = await Promise.all([import('../features/bots/bot-inspector.tsx'), loadAllTexts()])
  return { default: BotInspector }
})

/** The conversation, with what its bot is told beside it. */
export function ChatRoute() {
  const { projectId = '' } = useParams()
  return (
    <ChatPage
      menu={(given) => <ConversationMenu {...given} />}
      inspector={
        <Suspense fallback={<SkeletonRows count={4} className="h-12" />}>
          <LazyInspector projectId={projectId} />
        </Suspense>
      }
    />
  )
}
