import type { ReactNode } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProjects } from '../../lib/queries/projects.ts'
import { usePrompt } from '../../lib/queries/prompts.ts'
import { useParams } from '../../lib/router/use-router.tsx'
import { BotLinks } from '../../ui/bot-links.tsx'
import { MissingBot } from '../../ui/missing-bot.tsx'
import { Page } from '../../ui/page.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { PromptWorkbench } from './prompt-workbench.tsx'
import { TrialFrame, useTrial } from './trial.tsx'

interface PromptPageProps {
  /** A chat that answers with this version, to try it before it is active; without it nothing can be tried. */
  draftChat?: (promptId: string) => ReactNode
}

/** The prompt of a bot: its editor, its versions, and what changed between them. */
export function PromptPage({ draftChat }: PromptPageProps) {
  const { projectId = '' } = useParams()
  return <BotPrompt key={projectId} projectId={projectId} draftChat={draftChat} />
}

function BotPrompt({ projectId, draftChat }: { projectId: string; draftChat: PromptPageProps['draftChat'] }) {
  const { t } = useTranslation('bots')
  const projects = useProjects()
  const project = projects.data?.find(({ id }) => id === projectId)
  const activeId = project?.active_prompt_id ?? null
  const active = usePrompt(projectId, activeId)
  const trial = useTrial()
  return (
    <TrialFrame trial={trial} chat={draftChat}>
      <Page
        title={t('prompts.title')}
        lead={project ? <bdi>{project.name}</bdi> : undefined}
        actions={project && <BotLinks projectId={projectId} here="prompt" />}
      >
        <QueryStates query={projects} loading={<PromptSkeleton />}>
          {() => {
            if (!project) return <MissingBot />
            if (activeId === null)
              return <PromptWorkbench project={project} active={undefined} onTry={draftChat && trial.open} />
            return (
              <QueryStates query={active} loading={<PromptSkeleton />}>
                {(version) => <PromptWorkbench project={project} active={version} onTry={draftChat && trial.open} />}
              </QueryStates>
            )
          }}
        </QueryStates>
      </Page>
    </TrialFrame>
  )
}

function PromptSkeleton() {
  const { t } = useTranslation()
  return (
    <div role="status" aria-label={t('loading')} className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_17rem]">
      <Skeleton className="h-96" />
      <Skeleton className="h-48" />
    </div>
  )
}
