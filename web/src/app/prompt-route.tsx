import { lazy, Suspense } from 'react'
import { PromptPage } from '../features/prompts/prompt-page.tsx'
import { useParams } from '../lib/router/use-router.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'

const LazySideChat = lazy(async () => ({ default: (await import('../features/chat/side-chat.tsx')).SideChat }))

/** A bot's prompt, with a chat beside it that tries a draft. */
export function PromptRoute() {
  const { projectId = '' } = useParams()
  return (
    <PromptPage
      draftChat={(promptId) => (
        <Suspense fallback={<SkeletonRows count={4} className="h-12" />}>
          <LazySideChat projectId={projectId} promptId={promptId} />
        </Suspense>
      )}
    />
  )
}
