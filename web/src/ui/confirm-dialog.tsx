import { useState } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { TextField } from './field.tsx'

interface ConfirmDialogProps {
  open: boolean
  onClose: () => void
  onConfirm: () => void
  title: string
  text: string
  confirmLabel: string
  busy?: boolean
  /** What went wrong with the last try. */
  error?: string | undefined
  /** Where set, this has to be typed first: for what cannot be undone. */
  typed?: string
}

/** Asks before something is done that cannot be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onClose, onConfirm, title, text, confirmLabel, busy = false, error, typed } = props
  const { t } = useTranslation()
  const [given, setGiven] = useState('')
  const isReady = typed === undefined || given.trim() === typed.trim()
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <form
        className="flex flex-col gap-4 overflow-y-auto p-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady) onConfirm()
        }}
      >
        <p className="text-muted">{text}</p>
        {typed !== undefined && (
          <TextField
            label={t('typeToConfirm', { text: typed })}
            value={given}
            onChange={(event) => setGiven(event.target.value)}
            autoComplete="off"
            autoFocus
          />
        )}
        {error && (
          <p role="alert" className="text-danger text-sm">
            {error}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" variant="danger" busy={busy} disabled={!isReady}>
            {confirmLabel}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
