import type { Project } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProjects } from '../../lib/queries/projects.ts'
import { useParams, useSearchParams } from '../../lib/router/use-router.tsx'
import { BotLinks } from '../../ui/bot-links.tsx'
import { MissingBot } from '../../ui/missing-bot.tsx'
import { Page } from '../../ui/page.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { DocumentsView } from './documents-view.tsx'
import { SearchBench } from './search-bench.tsx'
import { SourcesView } from './sources-view.tsx'

const views = ['documents', 'web', 'search'] as const

/** What a bot knows: its documents, web pages it reads, and what a question finds in them. */
export function KnowledgePage() {
  const { t } = useTranslation('knowledge')
  const { projectId } = useParams()
  const projects = useProjects()
  const project = projects.data?.find(({ id }) => id === projectId)
  return (
    <Page
      title={t('title')}
      lead={project && <bdi>{project.name}</bdi>}
      actions={project && <BotLinks projectId={project.id} here="knowledge" />}
    >
      <QueryStates query={projects} loading={<SkeletonRows count={4} className="h-24" />}>
        {() => (project ? <Knowledge key={project.id} project={project} /> : <MissingBot />)}
      </QueryStates>
    </Page>
  )
}

function Knowledge({ project }: { project: Project }) {
  const { t } = useTranslation('knowledge')
  const [params, setParams] = useSearchParams()
  const view = views.find((one) => one === params.get('view')) ?? 'documents'
  return (
    <>
      <div>
        <Segmented
          label={t('views.label')}
          value={view}
          options={views.map((value) => ({ value, label: t(`views.${value}`) }))}
          onChange={(value) => setParams(value === 'documents' ? {} : { view: value })}
        />
      </div>
      {view === 'documents' && <DocumentsView project={project} />}
      {view === 'web' && <SourcesView projectId={project.id} />}
      {view === 'search' && <SearchBench projectId={project.id} />}
    </>
  )
}
