import { X } from 'lucide-react'
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import { cx } from '../lib/class-names.ts'
import { IconButton } from './icon-button.tsx'

interface DialogProps {
  open: boolean
  onClose: () => void
  title: string
  children: ReactNode
  /** Where it stands: in the middle, or as a drawer at the start or end of the line. */
  side?: 'center' | 'top' | 'start' | 'end'
  /** Hides the heading from view; it still names the dialog. */
  isTitleHidden?: boolean
  className?: string
}

const sides = {
  center: 'm-auto w-[min(34rem,calc(100vw-2rem))] max-h-[calc(100dvh-2rem)] rounded-lg border border-line',
  top: 'mx-auto mt-[12vh] w-[min(38rem,calc(100vw-1.5rem))] max-h-[70dvh] rounded-lg border border-line',
  start: 'me-auto ms-0 my-0 h-dvh max-h-none w-[min(19rem,86vw)] max-w-none border-line border-e',
  end: 'ms-auto me-0 my-0 h-dvh max-h-none w-[min(24rem,92vw)] max-w-none border-line border-s',
}

const textFields = 'textarea, select, input:not([type="radio"], [type="checkbox"], [type="hidden"])'

/**
 * A modal on the browser's own `<dialog>`: it keeps the focus, makes the rest inert, closes by Escape or a press beside
 * it, and gives the focus back where it was. It begins at its first text field; without one, and as
 * a drawer, at itself, so that its name is read and no button is chosen.
 */
export function Dialog({ open, ...rest }: DialogProps) {
  return open ? <OpenDialog {...rest} /> : null
}

function OpenDialog({
  onClose,
  title,
  children,
  side = 'center',
  isTitleHidden = false,
  className,
}: Omit<DialogProps, 'open'>) {
  const { t } = useTranslation()
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  const isDrawer = side === 'start' || side === 'end'
  // A layout effect, because its end comes before the element is taken away: a dialog gives the focus back only while it
  // is still in the page.
  useLayoutEffect(() => {
    const dialog = ref.current
    if (!dialog) return
    dialog.showModal()
    const field = isDrawer ? null : dialog.querySelector<HTMLElement>(textFields)
    const start = field ?? dialog
    start.focus()
    return () => dialog.close()
  }, [isDrawer])
  return (
    <dialog
      ref={ref}
      tabIndex={-1}
      aria-labelledby={titleId}
      // Also heard from file fields inside, which cancel too.
      onCancel={(event) => {
        if (event.target !== event.currentTarget) return
        event.preventDefault()
        onClose()
      }}
      // The browser closes by itself when Escape is pressed again and again.
      onClose={(event) => {
        const { currentTarget: dialog } = event
        if (event.target === dialog && dialog.isConnected && !dialog.open) onClose()
      }}
      closedby="any"
      className={cx(
        'animate-appear bg-page text-text shadow-float outline-none backdrop:bg-scrim',
        sides[side],
        className,
      )}
    >
      <div className={cx('flex max-h-[inherit] flex-col overflow-hidden', isDrawer && 'h-full')}>
        <div
          className={cx(
            'flex items-center justify-between gap-4 px-4 pt-3',
            // Shown to the keyboard only: what moves under a finger would make it hit something else.
            isTitleHidden && 'sr-only has-focus-visible:not-sr-only has-focus-visible:px-4 has-focus-visible:pt-3',
          )}
        >
          <h2 id={titleId} className="font-semibold text-[1rem]">
            {title}
          </h2>
          <IconButton icon={X} label={t('close')} onClick={onClose} />
        </div>
        {children}
      </div>
    </dialog>
  )
}
