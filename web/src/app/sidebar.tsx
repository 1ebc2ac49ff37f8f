import { ChartColumn, type LucideIcon, MessageSquarePlus, Search, Settings } from 'lucide-react'
import { BotSwitcher } from '../features/bots/bot-switcher.tsx'
import { lastBot } from '../features/bots/last-bot.ts'
import { SessionList } from '../features/sessions/session-list.tsx'
import { useTranslation } from '../i18n/use-translation.ts'
import { cx } from '../lib/class-names.ts'
import { useProjects } from '../lib/queries/projects.ts'
import { NavLink } from '../lib/router/link.tsx'
import { useParams } from '../lib/router/use-router.tsx'
import { useSidebar } from '../lib/sidebar.tsx'

/** Which bot, a new chat, search, the bot's conversations, and the ways to everything else. */
export function Sidebar() {
  const { t } = useTranslation()
  const { data: projects = [] } = useProjects()
  const inPage = useParams().projectId
  // Beside pages that belong to no bot: the one that was used last.
  const projectId = inPage ?? lastBot(projects)?.id
  return (
    <nav
      aria-label={t('nav.main')}
      className="flex h-full flex-col gap-1 p-2 pb-[max(0.5rem,env(safe-area-inset-bottom))]"
    >
      <BotSwitcher />
      {projectId && (
        <SidebarLink to={`/app/chat/${projectId}`} end icon={MessageSquarePlus} label={t('commands.newChat')} />
      )}
      <SidebarLink to="/app/search" icon={Search} label={t('nav.search')} />
      <div className="min-h-0 flex-1 overflow-y-auto">{projectId && <SessionList projectId={projectId} />}</div>
      <div className="border-line border-t pt-1">
        <SidebarLink to="/app/usage" icon={ChartColumn} label={t('nav.usage')} />
        <SidebarLink to="/app/account" icon={Settings} label={t('nav.account')} />
      </div>
    </nav>
  )
}

function SidebarLink({
  to,
  end = false,
  icon: Icon,
  label,
}: {
  to: string
  end?: boolean
  icon: LucideIcon
  label: string
}) {
  const { close } = useSidebar()
  return (
    <NavLink
      to={to}
      end={end}
      onClick={close}
      className={(isActive) =>
        cx(
          'flex min-h-9 items-center gap-2.5 rounded-md px-2.5 transition-colors hover:bg-hover pointer-coarse:min-h-11',
          isActive && 'bg-hover font-medium',
        )
      }
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden className="shrink-0 text-muted" />
      {label}
    </NavLink>
  )
}
