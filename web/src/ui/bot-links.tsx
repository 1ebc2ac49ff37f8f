import { Library, type LucideIcon, MessageSquare, ScrollText, SlidersHorizontal } from 'lucide-react'
import { useTranslation } from '../i18n/use-translation.ts'
import { Link } from '../lib/router/link.tsx'
import { buttonClass } from './button.tsx'

type Place = 'settings' | 'prompt' | 'knowledge' | 'chat'

const places: { place: Place; icon: LucideIcon; path: (id: string) => string }[] = [
  { place: 'settings', icon: SlidersHorizontal, path: (id) => `/app/bots/${id}` },
  { place: 'prompt', icon: ScrollText, path: (id) => `/app/bots/${id}/prompt` },
  { place: 'knowledge', icon: Library, path: (id) => `/app/bots/${id}/knowledge` },
  { place: 'chat', icon: MessageSquare, path: (id) => `/app/chat/${id}` },
]

/** From one page of a bot to its others. */
export function BotLinks({ projectId, here }: { projectId: string; here: Place }) {
  const { t } = useTranslation('bots')
  return places
    .filter(({ place }) => place !== here)
    .map(({ place, icon: Icon, path }) => (
      <Link key={place} to={path(projectId)} className={buttonClass()}>
        <Icon size={16} strokeWidth={1.75} aria-hidden />
        {t(place)}
      </Link>
    ))
}
