import { lazy, Suspense } from 'react'
import { useParams } from 'react-router'
import { ChatPage } from '../features/chat/chat-page.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'

const LazyInspector = lazy(async () => ({
  default: (await import('../features/bots/bot-inspector.tsx')).BotInspector,
}))

/** The conversation, with what its bot is told beside it. */
export function ChatRoute() {
  const { projectId = '' } = useParams()
  return (
    <ChatPage
      inspector={
        <Suspense fallback={<SkeletonRows count={4} className="h-12" />}>
          <LazyInspector projectId={projectId} />
        </Suspense>
      }
    />
  )
}
