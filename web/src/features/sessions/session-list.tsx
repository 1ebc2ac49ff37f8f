import type { ChatSession } from '@chatbot-platform/contract'
import { useEffect, useRef } from 'react'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useCommands } from '../../lib/commands.ts'
import { useProblemText } from '../../lib/problems.ts'
import { useNavigate, useParams } from '../../lib/router/use-router.tsx'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { NearEnd } from './near-end.tsx'
import { useHidden } from './pending-deletions.ts'
import { groupSessions, type SessionGroup, type SessionRowData } from './session-groups.ts'
import { SessionRow } from './session-row.tsx'
import { useSessionActions } from './use-session-actions.ts'
import { useSessions } from './use-sessions.ts'

/** The conversations of a bot: pinned first, then by day; only rows in view are in the page. Its parent scrolls. */
export function SessionList({ projectId }: { projectId: string }) {
  const { t } = useTranslation('sessions')
  const problemText = useProblemText()
  const { lists, more } = useSessions(projectId)
  const hidden = useHidden()
  const isShown = ({ id }: ChatSession) => !hidden.has(id)
  const { pinned = [], recent = [], nextCursor = null } = lists.data ?? {}
  const rows = groupSessions(pinned.filter(isShown), recent.filter(isShown))
  if (lists.isPending) return <SkeletonRows count={6} className="h-7" />
  if (lists.isError && !lists.data) return <Failure text={problemText(lists.error)} onRetry={lists.refetch} />
  if (rows.length === 0 && nextCursor === null) return <p className="px-2.5 py-3 text-muted text-sm">{t('empty')}</p>
  return (
    <>
      <Rows key={projectId} projectId={projectId} rows={rows} />
      {nextCursor !== null &&
        (more.isError ? (
          <Failure text={problemText(more.error)} onRetry={() => more.mutate(nextCursor)} />
        ) : (
          // A new one for each page: it may be in view still.
          <NearEnd key={nextCursor} onNear={() => more.mutate(nextCursor)}>
            <SkeletonRows count={2} className="h-7" />
          </NearEnd>
        ))}
    </>
  )
}

function Rows({ projectId, rows }: { projectId: string; rows: SessionRowData[] }) {
  const { sessionId } = useParams()
  const actions = useSessionActions(projectId)
  const listRef = useRef<VirtualizerHandle>(null)
  const current = rows.findIndex(({ session }) => session.id === sessionId)
  useSteps(rows, current)
  useEffect(() => {
    if (current >= 0) listRef.current?.scrollToIndex(current, { align: 'nearest' })
  }, [current])
  return (
    <Virtualizer ref={listRef} as="ul" item="li" itemSize={36} data={rows} keepMounted={current >= 0 ? [current] : []}>
      {({ session, heading }) => (
        <div key={session.id}>
          {heading && <Heading group={heading} />}
          <SessionRow session={session} isCurrent={session.id === sessionId} actions={actions} />
        </div>
      )}
    </Virtualizer>
  )
}

function Heading({ group }: { group: SessionGroup }) {
  const { t, language } = useTranslation('sessions')
  const text =
    typeof group === 'string'
      ? t(`groups.${group}`)
      : new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric' }).format(group.month)
  return <h2 className="px-2.5 pt-4 pb-1 font-medium text-muted text-xs">{text}</h2>
}

function Failure({ text, onRetry }: { text: string; onRetry: () => unknown }) {
  const { t } = useTranslation()
  return (
    <Notice tone="danger" className="my-2" actions={<Button onClick={() => onRetry()}>{t('retry')}</Button>}>
      {text}
    </Notice>
  )
}

/** The next and the previous conversation from the keyboard, in the order of the list. */
function useSteps(rows: SessionRowData[], current: number): void {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const go = (index: number) => {
    const session = rows[index]?.session
    if (session) void navigate(`/app/chat/${session.project_id}/${session.id}`)
  }
  useCommands([
    { id: 'next-session', label: t('commands.nextSession'), keys: 'alt+arrowdown', run: () => go(current + 1) },
    { id: 'previous-session', label: t('commands.previousSession'), keys: 'alt+arrowup', run: () => go(current - 1) },
  ])
}
