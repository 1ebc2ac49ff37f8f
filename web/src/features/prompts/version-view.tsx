import type { Prompt } from '@chatbot-platform/contract'
import { ArrowLeft } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { usePrompt } from '../../lib/queries/prompts.ts'
import { Link } from '../../lib/router/link.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { TimeAgo } from '../../ui/time-ago.tsx'
import { VersionActions } from './version-actions.tsx'
import { ActiveMark } from './version-list.tsx'
import { VersionText } from './version-text.tsx'

interface VersionViewProps {
  projectId: string
  promptId: string
  active: Prompt | undefined
  onTry: ((promptId: string) => void) | undefined
  /** Puts the version's text into the editor. */
  onEdit: (version: Prompt) => void
}

/** One version: its text, what is different from another, and what can be done with it. */
export function VersionView({ projectId, promptId, active, onTry, onEdit }: VersionViewProps) {
  const { t } = useTranslation('bots')
  const query = usePrompt(projectId, promptId)
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Link to="?" className="inline-flex min-h-9 items-center gap-2 self-start text-accent hover:underline">
        <ArrowLeft size={16} strokeWidth={1.75} aria-hidden className="rtl:-scale-x-100" />
        {t('prompts.back')}
      </Link>
      <QueryStates query={query} loading={<Skeleton className="h-80" />}>
        {(version) => (
          <>
            <Heading version={version} isActive={version.id === active?.id} />
            <VersionActions version={version} active={active} onTry={onTry} onEdit={() => onEdit(version)} />
            <VersionText version={version} active={active} />
          </>
        )}
      </QueryStates>
    </div>
  )
}

function Heading({ version, isActive }: { version: Prompt; isActive: boolean }) {
  const { t } = useTranslation('bots')
  const author = version.created_by?.email
  const heading = useRef<HTMLHeadingElement>(null)
  // On a phone the list stands far below: the reader is taken to the version that was chosen there.
  useEffect(() => heading.current?.focus(), [])
  return (
    <div>
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="font-semibold text-[1rem] outline-none" tabIndex={-1} ref={heading}>
          {t('prompts.version', { version: version.version })}
        </h2>
        {isActive && <ActiveMark />}
      </div>
      <p className="mt-0.5 flex flex-wrap gap-x-2 text-muted text-sm">
        <TimeAgo time={version.created_at} />
        {author && <span className="min-w-0 truncate">{t('prompts.by', { email: author })}</span>}
      </p>
    </div>
  )
}
