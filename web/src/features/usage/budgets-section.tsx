import type { Project } from '@chatbot-platform/contract'
import { type ReactNode, useId } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProjects } from '../../lib/queries/projects.ts'
import { Select } from '../../ui/field.tsx'
import { BudgetCard } from './budget-card.tsx'
import { useUsageChoice } from './use-usage.ts'

/** What the workspace and a bot may use, how far that is used up, and what happens then. */
export function BudgetsSection() {
  const { t } = useTranslation('usage')
  const { data: projects = [] } = useProjects()
  const titleId = useId()
  return (
    <section aria-labelledby={titleId} className="flex flex-col gap-4">
      <div>
        <h2 id={titleId} className="font-semibold text-[1rem]">
          {t('budgets.title')}
        </h2>
        <p className="mt-1 max-w-prose text-pretty text-muted">{t('budgets.lead')}</p>
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
        <Panel title={t('budgets.workspace')}>
          <BudgetCard subject={null} title={t('budgets.ofWorkspace')} />
        </Panel>
        {projects.length > 0 && <BotBudget projects={projects} />}
      </div>
      <p className="text-pretty text-muted text-sm">{t('budgets.notes')}</p>
    </section>
  )
}

/** The budget of one bot, which the address of the page names. */
function BotBudget({ projects }: { projects: Project[] }) {
  const { t } = useTranslation('usage')
  const { bot, choose } = useUsageChoice()
  const project = projects.find(({ id }) => id === bot)
  return (
    <Panel title={t('budgets.bot')}>
      <Select
        aria-label={t('budgets.chooseBot')}
        value={project?.id ?? ''}
        onChange={({ target }) => choose('bot', target.value)}
      >
        <option value="">{t('budgets.chooseBot')}</option>
        {projects.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Select>
      {project ? (
        <BudgetCard key={project.id} subject={project.id} title={t('budgets.ofBot', { name: project.name })} />
      ) : (
        <p className="text-muted">{t('budgets.botHint')}</p>
      )}
    </Panel>
  )
}

function Panel({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="flex min-w-0 flex-col gap-3 rounded-lg border border-line p-4">
      <h3 id={id} className="font-semibold">
        {title}
      </h3>
      {children}
    </section>
  )
}
