import { useTranslation } from '../../i18n/use-translation.ts'
import { lazyPart, useLazyPart } from '../../lib/lazy-part.ts'
import { useProviderName } from '../../lib/provider-name.ts'
import { useProject } from '../../lib/queries/projects.ts'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useBotModel } from './use-bot.ts'

const documentsOffer = lazyPart(async () => (await import('./documents-offer.tsx')).DocumentsOffer)

/** Before the first message: who answers here, and what it runs on. */
export function EmptyConversation({ projectId }: { projectId: string }) {
  const { t } = useTranslation('chat')
  const project = useProject(projectId)
  const { provider, model } = useBotModel(projectId)
  const providerName = useProviderName()
  const DocumentsOffer = useLazyPart(documentsOffer, true)
  if (!project) return <EmptySkeleton />
  return (
    <div className="mx-auto flex min-h-full max-w-[calc(46rem+2rem)] flex-col justify-center gap-3 px-4 py-10 sm:max-w-[calc(46rem+4rem)] sm:px-8">
      <h2 dir="auto" className="line-clamp-3 text-balance font-semibold text-xl">
        {project.name}
      </h2>
      {project.description && (
        <p dir="auto" className="whitespace-pre-wrap text-body">
          {project.description}
        </p>
      )}
      <div className="text-muted">
        {model && provider && <p>{t('empty.runsOn', { model, provider: providerName(provider) })}</p>}
        <p>{t('empty.hint')}</p>
      </div>
      {DocumentsOffer && <DocumentsOffer projectId={projectId} />}
    </div>
  )
}

function EmptySkeleton() {
  return (
    <div className="mx-auto flex min-h-full max-w-[calc(46rem+2rem)] flex-col justify-center gap-4 px-4 py-10 sm:max-w-[calc(46rem+4rem)] sm:px-8">
      <Skeleton className="h-8 w-1/2" />
      <Skeleton className="h-4 w-4/5" />
    </div>
  )
}
