import { type ReactNode, useEffect, useEffectEvent } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useBlocker } from '../../lib/router/use-blocker.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'

/** Options of a navigation that {@link useLeaveGuard} lets through: what was changed has been dealt with. */
export const leaveFreely = { state: { leavesFreely: true } }

/**
 * Asks before unsaved changes are left behind, by a link of the page or by closing the tab. Returns the dialog, to be
 * put into the page.
 */
export function useLeaveGuard(isDirty: boolean): ReactNode {
  const { t } = useTranslation('bots')
  const blocked = useBlocker(
    (next, current) =>
      isDirty && !leavesFreely(next.state) && (current.pathname !== next.pathname || current.search !== next.search),
  )
  const warn = useEffectEvent((event: BeforeUnloadEvent) => {
    if (isDirty) event.preventDefault()
  })
  useEffect(() => {
    const listen = (event: BeforeUnloadEvent) => warn(event)
    addEventListener('beforeunload', listen)
    return () => removeEventListener('beforeunload', listen)
  }, [])
  if (!blocked) return null
  return (
    <ConfirmDialog
      open
      onClose={() => blocked.reset()}
      onConfirm={() => blocked.proceed()}
      title={t('leave.title')}
      text={t('leave.text')}
      confirmLabel={t('leave.confirm')}
    />
  )
}

function leavesFreely(state: unknown): boolean {
  return typeof state === 'object' && state !== null && 'leavesFreely' in state && state.leavesFreely === true
}
