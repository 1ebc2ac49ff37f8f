import type { MessageHit } from '@chatbot-platform/contract'
import type { KeyboardEvent } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProjects } from '../../lib/queries/projects.ts'
import { Link } from '../../lib/router/link.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import { Snippet } from './snippet.tsx'

/** Found messages; the arrow keys go from one to the next. */
export function HitList({ hits }: { hits: MessageHit[] }) {
  const { t } = useTranslation('sessions')
  const { data: projects = [] } = useProjects()
  const names = new Map(projects.map(({ id, name }) => [id, name]))
  return (
    <ul aria-label={t('search.results')} className="flex flex-col">
      {hits.map((hit) => (
        <li key={hit.message_id} className="border-line border-b last:border-b-0">
          <Hit hit={hit} bot={names.get(hit.project_id) ?? t('search.unknownBot')} />
        </li>
      ))}
    </ul>
  )
}

function Hit({ hit, bot }: { hit: MessageHit; bot: string }) {
  const { t } = useTranslation('sessions')
  return (
    <Link
      data-hit
      to={`/app/chat/${hit.project_id}/${hit.session_id}?at=${hit.message_id}`}
      className="-mx-3 my-1 block rounded-md px-3 py-2.5 hover:bg-hover"
    >
      <div className="flex items-baseline justify-between gap-4">
        <h2 dir="auto" className="min-w-0 truncate font-medium">
          {hit.session_title ?? t('untitled')}
        </h2>
        <span className="shrink-0 text-muted text-sm">
          <TimeAgo time={hit.timestamp} />
        </span>
      </div>
      <p className="flex min-w-0 gap-1.5 text-muted text-sm">
        <span dir="auto" className="truncate">
          {hit.role === 'user' ? t('search.saidByYou', { bot }) : t('search.saidByBot', { bot })}
        </span>
      </p>
      <Snippet text={hit.snippet} matches={hit.matches} />
    </Link>
  )
}

/** Moves the focus from the search field into the results, along them, and back. */
export function walkHits(event: KeyboardEvent<HTMLElement>): void {
  if ((event.key !== 'ArrowDown' && event.key !== 'ArrowUp') || event.altKey || event.ctrlKey || event.metaKey) return
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('input[type="search"], a[data-hit]')]
  const at = stops.findIndex((stop) => stop.matches(':focus'))
  const next = stops[at + (event.key === 'ArrowDown' ? 1 : -1)]
  if (at < 0 || !next) return
  event.preventDefault()
  next.focus()
}
