import type { Project } from '@chatbot-platform/contract'
import { Bot, ChevronsUpDown } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useCommands } from '../../lib/commands.ts'
import { useProjects } from '../../lib/queries/projects.ts'
import { useNavigate, useParams } from '../../lib/router/use-router.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { BotPicker } from './bot-picker.tsx'
import { lastBot, rememberBot } from './last-bot.ts'

/** The bot in use, and the way to the others. It keeps which one was used last. */
export function BotSwitcher() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { projectId } = useParams()
  const { data: projects, isPending } = useProjects()
  const inUse = projects?.find(({ id }) => id === projectId)
  const current = inUse ?? (projects && lastBot(projects))
  const usedId = inUse?.id
  useEffect(() => {
    if (usedId) rememberBot(usedId)
  }, [usedId])
  useCommands([{ id: 'new-bot', label: t('bots.new'), run: () => void navigate('/app/bots/new') }])
  if (isPending) return <Skeleton className="h-11" />
  return <Switch current={current} placeholder={projects ? t('bots.none') : t('bots.title')} />
}

function Switch({ current, placeholder }: { current: Project | undefined; placeholder: string }) {
  const { t } = useTranslation()
  const [isOpen, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const panelId = useId()
  const name = current?.name ?? placeholder
  return (
    // The panel stays inside: in a drawer, what stands in the body could not be seen or pressed.
    <div ref={root} className="relative">
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={isOpen ? panelId : undefined}
        onClick={() => setOpen(!isOpen)}
        title={current && t('bots.switch', { name })}
        className="flex min-h-11 w-full items-center gap-2.5 rounded-md border border-transparent px-2 text-start transition-colors hover:bg-hover aria-expanded:border-line aria-expanded:bg-raised"
      >
        <Initial name={current?.name} />
        <span className="min-w-0 flex-1 truncate font-semibold">
          <bdi>{name}</bdi>
        </span>
        <ChevronsUpDown size={16} strokeWidth={1.75} aria-hidden className="shrink-0 text-muted" />
      </button>
      {isOpen && <BotPicker id={panelId} root={root} currentId={current?.id} onDone={() => setOpen(false)} />}
    </div>
  )
}

/** The first letter of a name, as a person would write it. */
function Initial({ name = '' }: { name: string | undefined }) {
  const [first] = name.trim()
  return (
    // Drawn, not written: as text it would be part of what the button says to people who speak its name.
    <span
      aria-hidden
      data-initial={first?.toLocaleUpperCase()}
      className="flex size-7 shrink-0 items-center justify-center rounded-md bg-accent-soft font-semibold text-accent text-sm before:content-[attr(data-initial)]"
    >
      {!first && <Bot size={16} strokeWidth={1.75} />}
    </span>
  )
}
