import type { Source } from '@chatbot-platform/contract'
import { Globe } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProblemText } from '../../lib/problems.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { SourceForm } from './source-form.tsx'
import { SourceRow } from './source-row.tsx'
import { useSourceChanges, useSources } from './use-sources.ts'

/** The pages of the web that a bot reads. */
export function SourcesView({ projectId }: { projectId: string }) {
  const { t } = useTranslation('knowledge')
  const sources = useSources(projectId)
  return (
    <section aria-label={t('sources.title')} className="flex flex-col gap-4">
      <p className="max-w-prose text-pretty text-muted">{t('sources.lead')}</p>
      <SourceForm projectId={projectId} />
      <QueryStates query={sources} loading={<SkeletonRows count={3} className="h-20" />}>
        {(found) => <Found sources={found} projectId={projectId} />}
      </QueryStates>
      {sources.hasNextPage && (
        <Button
          className="self-center"
          busy={sources.isFetchingNextPage}
          onClick={() => void sources.fetchNextPage({ cancelRefetch: false })}
        >
          {t('more')}
        </Button>
      )}
    </section>
  )
}

function Found({ sources, projectId }: { sources: Source[]; projectId: string }) {
  const { t } = useTranslation('knowledge')
  const problemText = useProblemText()
  const changes = useSourceChanges(projectId)
  const [removed, setRemoved] = useState<Source | null>(null)
  const { remove } = changes
  if (sources.length === 0) return <EmptyState icon={Globe} text={t('sources.empty')} />
  return (
    <>
      <ul aria-label={t('sources.title')} className="flex flex-col divide-y divide-line">
        {sources.map((source) => (
          <SourceRow key={source.id} source={source} changes={changes} onRemove={() => setRemoved(source)} />
        ))}
      </ul>
      {removed && (
        <ConfirmDialog
          open
          onClose={() => setRemoved(null)}
          onConfirm={() => remove.mutate(removed, { onSuccess: () => setRemoved(null) })}
          title={t('sources.removeTitle')}
          text={t('sources.removeText', { url: removed.url })}
          confirmLabel={t('sources.removeAction')}
          busy={remove.isPending}
          error={remove.error ? problemText(remove.error) : undefined}
        />
      )}
    </>
  )
}
