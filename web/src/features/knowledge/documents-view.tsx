import type { Project } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useKnowledgeSummary } from '../../lib/queries/knowledge.ts'
import { QueryStates } from '../../ui/query-states.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { DropZone } from './drop-zone.tsx'
import { FileList } from './file-list.tsx'
import { GroundingField } from './grounding-field.tsx'
import { KnowledgeFigures } from './knowledge-figures.tsx'
import { UploadList } from './upload-list.tsx'
import { useUploads } from './use-uploads.ts'

/** The documents of a bot: what they come to, a place for more, and each of them. */
export function DocumentsView({ project }: { project: Project }) {
  const { t } = useTranslation('knowledge')
  const summary = useKnowledgeSummary(project.id)
  const { queue, uploads } = useUploads(project.id)
  const limits = summary.data?.limits
  return (
    <>
      <p className="max-w-prose text-pretty text-muted">{t('lead')}</p>
      <DropZone limits={limits} onFiles={(files) => queue.add(files)} />
      <UploadList queue={queue} uploads={uploads} limits={limits} />
      <QueryStates query={summary} loading={<Skeleton className="h-14" />}>
        {(known) => <KnowledgeFigures summary={known} />}
      </QueryStates>
      <FileList projectId={project.id} summary={summary.data} />
      <GroundingField project={project} />
    </>
  )
}
