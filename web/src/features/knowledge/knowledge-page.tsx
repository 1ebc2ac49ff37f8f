import type { Project } from '@chatbot-platform/contract'
import { Bot, MessageSquare, SlidersHorizontal } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProjects } from '../../lib/queries/projects.ts'
import { Link } from '../../lib/router/link.tsx'
import { useParams, useSearchParams } from '../../lib/router/use-router.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
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
      actions={project && <PageLinks projectId={project.id} />}
    >
      <QueryStates query={projects} loading={<SkeletonRows count={4} className="h-24" />}>
        {() => (project ? <Knowledge key={project.id} project={project} /> : <Missing />)}
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

function PageLinks({ projectId }: { projectId: string }) {
  const { t } = useTranslation('bots')
  return (
    <>
      <Link to={`/app/bots/${projectId}`} className={buttonClass()}>
        <SlidersHorizontal size={16} strokeWidth={1.75} aria-hidden />
        {t('settings')}
      </Link>
      <Link to={`/app/chat/${projectId}`} className={buttonClass()}>
        <MessageSquare size={16} strokeWidth={1.75} aria-hidden />
        {t('chat')}
      </Link>
    </>
  )
}

function Missing() {
  const { t } = useTranslation('bots')
  return (
    <EmptyState
      icon={Bot}
      text={t('missing')}
      action={
        <Link to="/app/bots" className={buttonClass('primary')}>
          {t('common:bots.all')}
        </Link>
      }
    />
  )
}
