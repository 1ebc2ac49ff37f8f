import { type ReactNode, useEffect, useEffectEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useBlocker } from 'react-router'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'

/** Options of a navigation that {@link useLeaveGuard} lets through: what was changed has been dealt with. */
export const leaveFreely = { state: { leavesFreely: true } }

/**
 * Asks before unsaved changes are left behind, by a link of the page or by closing the tab. Returns the dialog, to be
 * put into the page.
 */
export function useLeaveGuard(isDirty: boolean): ReactNode {
  const { t } = useTranslation('bots')
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isDirty &&
      nextLocation.state?.leavesFreely !== true &&
      (currentLocation.pathname !== nextLocation.pathname || currentLocation.search !== nextLocation.search),
  )
  const warn = useEffectEvent((event: BeforeUnloadEvent) => {
    if (isDirty) event.preventDefault()
  })
  useEffect(() => {
    const listen = (event: BeforeUnloadEvent) => warn(event)
    addEventListener('beforeunload', listen)
    return () => removeEventListener('beforeunload', listen)
  }, [])
  if (blocker.state !== 'blocked') return null
  return (
    <ConfirmDialog
      open
      onClose={() => blocker.reset()}
      onConfirm={() => blocker.proceed()}
      title={t('leave.title')}
      text={t('leave.text')}
      confirmLabel={t('leave.confirm')}
    />
  )
}
