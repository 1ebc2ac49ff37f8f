import type { Project } from '@chatbot-platform/contract'
import { ChevronDown, Library, ScrollText, SlidersHorizontal } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { useProviderName } from '../../lib/provider-name.ts'
import { useKnowledgeSummary } from '../../lib/queries/knowledge.ts'
import { useModels } from '../../lib/queries/models.ts'
import { useProjects } from '../../lib/queries/projects.ts'
import { usePrompt } from '../../lib/queries/prompts.ts'
import { Link } from '../../lib/router/link.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { Skeleton, SkeletonRows } from '../../ui/skeleton.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'

/** What the bot of a conversation was told and how it answers, with links to change that. */
export function BotInspector({ projectId }: { projectId: string }) {
  const { t } = useTranslation('bots')
  const projects = useProjects()
  return (
    <div className="p-4">
      <QueryStates query={projects} loading={<SkeletonRows count={4} className="h-12" />}>
        {(bots) => {
          const project = bots.find(({ id }) => id === projectId)
          if (!project) return <p className="text-muted">{t('missing')}</p>
          return (
            <div className="flex flex-col gap-6">
              <PromptPart project={project} />
              <KnowledgePart projectId={project.id} />
              <SettingsPart project={project} />
            </div>
          )
        }}
      </QueryStates>
    </div>
  )
}

function PromptPart({ project }: { project: Project }) {
  const { t } = useTranslation('bots')
  const { id, active_prompt_id: promptId } = project
  const prompt = usePrompt(id, promptId)
  return (
    <section className="flex flex-col gap-2">
      <h2 className="font-semibold">{t('inspector.prompt')}</h2>
      {promptId === null ? (
        <p className="text-muted">{t('inspector.noPrompt')}</p>
      ) : (
        <QueryStates query={prompt} loading={<Skeleton className="h-12" />}>
          {({ version, content, created_at: createdAt }) => (
            <details className="group rounded-md border border-line">
              <summary className="flex min-h-9 flex-wrap items-center justify-between gap-x-3 px-3 py-1.5 pointer-coarse:min-h-11">
                <span className="flex items-center gap-1.5 font-medium">
                  <ChevronDown
                    size={16}
                    strokeWidth={1.75}
                    aria-hidden
                    className="text-muted transition-transform group-open:rotate-180"
                  />
                  {t('inspector.version', { version })}
                </span>
                <span className="text-muted text-sm">
                  <TimeAgo time={createdAt} />
                </span>
              </summary>
              <p
                dir="auto"
                className="max-h-80 overflow-y-auto whitespace-pre-wrap border-line border-t px-3 py-2 text-sm leading-relaxed"
              >
                {content}
              </p>
            </details>
          )}
        </QueryStates>
      )}
      <Link to={`/app/bots/${id}/prompt`} className={buttonClass('secondary', 'self-start')}>
        <ScrollText size={16} strokeWidth={1.75} aria-hidden />
        {t(promptId === null ? 'inspector.writePrompt' : 'inspector.editPrompt')}
      </Link>
    </section>
  )
}

function KnowledgePart({ projectId }: { projectId: string }) {
  const { t } = useTranslation('bots')
  const summary = useKnowledgeSummary(projectId)
  return (
    <section className="flex flex-col gap-2">
      <h2 className="font-semibold">{t('inspector.knowledge')}</h2>
      <QueryStates query={summary} loading={<Skeleton className="h-12" />}>
        {({ files }) => (
          <>
            <p className="text-muted">
              {files.ready === 0 ? t('inspector.noDocuments') : t('inspector.documents', { count: files.ready })}
            </p>
            <Link to={`/app/bots/${projectId}/knowledge`} className={buttonClass('secondary', 'self-start')}>
              <Library size={16} strokeWidth={1.75} aria-hidden />
              {t(files.ready === 0 ? 'inspector.giveDocuments' : 'inspector.openKnowledge')}
            </Link>
          </>
        )}
      </QueryStates>
    </section>
  )
}

function SettingsPart({ project }: { project: Project }) {
  const { t } = useTranslation('bots')
  const format = useFormat()
  const modelName = useModelName()
  const { id, temperature, max_tokens: maxTokens, fallbacks } = project
  return (
    <section className="flex flex-col gap-2">
      <h2 className="font-semibold">{t('settings')}</h2>
      <dl className="flex flex-col gap-2">
        <Fact name={t('inspector.model')}>{modelName(project)}</Fact>
        <Fact name={t('inspector.temperature')}>
          {temperature === null ? t('inspector.default') : format.number(temperature)}
        </Fact>
        <Fact name={t('inspector.length')}>
          {maxTokens === null ? t('inspector.default') : t('inspector.tokens', { tokens: format.number(maxTokens) })}
        </Fact>
        <Fact name={t('inspector.fallbacks')}>
          {fallbacks.length === 0 ? (
            t('inspector.none')
          ) : (
            <ol>
              {fallbacks.map((fallback) => (
                <li key={`${fallback.provider} ${fallback.model}`}>{modelName(fallback)}</li>
              ))}
            </ol>
          )}
        </Fact>
      </dl>
      <Link to={`/app/bots/${id}`} className={buttonClass('secondary', 'mt-1 self-start')}>
        <SlidersHorizontal size={16} strokeWidth={1.75} aria-hidden />
        {t('inspector.edit')}
      </Link>
    </section>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex flex-col">
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  )
}

/** `llama-3.3-70b · Groq`, or which default stands for it. */
function useModelName() {
  const { t } = useTranslation('bots')
  const providerName = useProviderName()
  const defaultModel = useModels().data?.find((model) => model.default)
  return ({ provider, model }: { provider: string | null; model: string | null }) => {
    if (provider !== null && model !== null) return t('inspector.modelOf', { model, provider: providerName(provider) })
    if (provider !== null) return t('model.providerDefault', { provider: providerName(provider) })
    if (model !== null) return model
    return defaultModel ? t('model.serverDefaultIs', { model: defaultModel.id }) : t('model.serverDefault')
  }
}
