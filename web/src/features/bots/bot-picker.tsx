import type { Project } from '@chatbot-platform/contract'
import { Check, LayoutList, type LucideIcon, Plus } from 'lucide-react'
import { type RefObject, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { useProjects } from '../../lib/queries/projects.ts'
import { Link } from '../../lib/router/link.tsx'
import { useNavigate } from '../../lib/router/use-router.tsx'
import { useSidebar } from '../../lib/sidebar.tsx'
import { filterBots, findable } from './filter-bots.ts'
import { usePanel } from './use-panel.ts'

interface BotPickerProps {
  id: string
  /** What holds the picker and the button that opened it; a press elsewhere closes it. */
  root: RefObject<HTMLElement | null>
  currentId: string | undefined
  onDone: () => void
}

/** The bots below the switcher, with a search where there are many; arrow keys go through them. */
export function BotPicker({ id, root, currentId, onDone }: BotPickerProps) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { data: projects = [] } = useProjects()
  const sidebar = useSidebar()
  const [text, setText] = useState('')
  const shown = filterBots(projects, text)
  const done = () => {
    onDone()
    sidebar.close()
  }
  usePanel(root, onDone)
  return (
    <div
      id={id}
      className="animate-appear absolute inset-x-0 top-full z-20 mt-1 flex max-h-[min(28rem,70dvh)] flex-col rounded-md border border-line bg-raised p-1 shadow-float"
    >
      {projects.length > findable && (
        <input
          autoFocus
          type="search"
          aria-label={t('bots.filter')}
          placeholder={t('bots.filter')}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            const [first] = shown
            if (event.key !== 'Enter' || !first) return
            done()
            void navigate(`/app/chat/${first.id}`)
          }}
          className="mb-1 min-h-9 rounded-sm border border-line bg-page px-2.5 pointer-coarse:min-h-11 pointer-coarse:text-[1rem]"
        />
      )}
      <ul className="min-h-0 flex-1 overflow-y-auto" aria-label={t('bots.title')}>
        {shown.map((project) => (
          <li key={project.id}>
            <BotLink project={project} isCurrent={project.id === currentId} onDone={done} />
          </li>
        ))}
      </ul>
      {text !== '' && shown.length === 0 && (
        <p className="px-2.5 py-2 text-muted text-sm">{t('bots.filterNone', { text })}</p>
      )}
      <div className={cx(projects.length > 0 && 'mt-1 border-line border-t pt-1')}>
        <PlainLink to="/app/bots" icon={LayoutList} label={t('bots.all')} onDone={done} />
        <PlainLink to="/app/bots/new" icon={Plus} label={t('bots.new')} onDone={done} />
      </div>
    </div>
  )
}

const linkClass =
  'flex min-h-9 items-center gap-2.5 rounded-sm px-2.5 hover:bg-hover focus-visible:-outline-offset-2 pointer-coarse:min-h-11'

function BotLink({ project, isCurrent, onDone }: { project: Project; isCurrent: boolean; onDone: () => void }) {
  return (
    <Link
      to={`/app/chat/${project.id}`}
      aria-current={isCurrent || undefined}
      onClick={onDone}
      title={project.name}
      className={linkClass}
    >
      <bdi className={cx('min-w-0 flex-1 truncate', isCurrent && 'font-medium')}>{project.name}</bdi>
      {isCurrent && <Check size={16} strokeWidth={1.75} aria-hidden className="shrink-0 text-accent" />}
    </Link>
  )
}

function PlainLink(props: { to: string; icon: LucideIcon; label: string; onDone: () => void }) {
  const { to, icon: Icon, label, onDone } = props
  return (
    <Link to={to} onClick={onDone} className={linkClass}>
      <Icon size={16} strokeWidth={1.75} aria-hidden className="shrink-0 text-muted" />
      {label}
    </Link>
  )
}
