import type { Project } from '@chatbot-platform/contract'
import { Bot, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProjects } from '../../lib/queries/projects.ts'
import { Link } from '../../lib/router/link.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { TextField } from '../../ui/field.tsx'
import { Page } from '../../ui/page.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { BotRow } from './bot-row.tsx'
import { filterBots, findable } from './filter-bots.ts'
import { RemoveBotDialog } from './remove-bot-dialog.tsx'

/** Every bot, with the ways to it. */
export function BotsPage() {
  const { t } = useTranslation('bots')
  const projects = useProjects()
  return (
    <Page
      title={t('common:bots.title')}
      lead={t('lead')}
      actions={projects.data && projects.data.length > 0 && <NewBotLink />}
    >
      <QueryStates query={projects} loading={<SkeletonRows count={4} className="h-22" />}>
        {(bots) =>
          bots.length === 0 ? (
            <EmptyState icon={Bot} text={t('empty')} action={<NewBotLink />} />
          ) : (
            <BotList bots={bots} />
          )
        }
      </QueryStates>
    </Page>
  )
}

function BotList({ bots }: { bots: Project[] }) {
  const { t } = useTranslation('bots')
  const [text, setText] = useState('')
  const [removing, setRemoving] = useState<Project | null>(null)
  const shown = filterBots(bots, text)
  return (
    <div className="flex flex-col gap-4">
      {bots.length > findable && (
        <TextField
          label={t('common:bots.filter')}
          type="search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="max-w-sm"
          hint={shown.length === 0 ? t('common:bots.filterNone', { text }) : t('count', { count: shown.length })}
        />
      )}
      {shown.length > 0 && (
        <ul className="flex flex-col divide-y divide-line overflow-hidden rounded-lg border border-line bg-raised">
          {shown.map((project) => (
            <BotRow key={project.id} project={project} onRemove={() => setRemoving(project)} />
          ))}
        </ul>
      )}
      {removing && (
        <RemoveBotDialog project={removing} onClose={() => setRemoving(null)} onRemoved={() => setRemoving(null)} />
      )}
    </div>
  )
}

function NewBotLink() {
  const { t } = useTranslation('bots')
  return (
    <Link to="/app/bots/new" className={buttonClass('primary')}>
      <Plus size={16} strokeWidth={1.75} aria-hidden />
      {t('common:bots.new')}
    </Link>
  )
}
