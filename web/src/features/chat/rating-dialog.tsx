import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextArea } from '../../ui/field.tsx'

/** The longest reason, as `FeedbackInput` of the contract has it. */
const maxReasonChars = 2000

interface RatingDialogProps {
  /** With the reason; with null where none was given. */
  onDone: (reason: string | null) => void
}

/** Asks why an answer was not good. */
export function RatingDialog({ onDone }: RatingDialogProps) {
  const { t } = useTranslation('chat')
  return (
    <Dialog open onClose={() => onDone(null)} title={t('rating.title')}>
      <ReasonForm onDone={onDone} />
    </Dialog>
  )
}

function ReasonForm({ onDone }: RatingDialogProps) {
  const { t } = useTranslation('chat')
  const [reason, setReason] = useState('')
  return (
    <form
      className="flex flex-col gap-4 p-4"
      onSubmit={(event) => {
        event.preventDefault()
        onDone(reason.trim() || null)
      }}
    >
      <TextArea
        label={t('rating.field')}
        hint={t('rating.hint')}
        rows={4}
        maxLength={maxReasonChars}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        autoFocus
      />
      <div className="flex justify-end gap-2">
        <Button onClick={() => onDone(null)}>{t('rating.skip')}</Button>
        <Button type="submit" variant="primary" disabled={reason.trim() === ''}>
          {t('rating.send')}
        </Button>
      </div>
    </form>
  )
}
