import type { KnowledgeFile } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProblemText } from '../../lib/problems.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { toast } from '../../ui/toast.tsx'
import { useFileChanges } from './use-files.ts'

interface RemoveFileDialogProps {
  file: KnowledgeFile
  onClose: () => void
  onRemoved?: () => void
}

/** Asks before a document is deleted, and says what goes with it. */
export function RemoveFileDialog({ file, onClose, onRemoved }: RemoveFileDialogProps) {
  const { t } = useTranslation('knowledge')
  const problemText = useProblemText()
  const { remove } = useFileChanges(file.project_id)
  const { name } = file
  const confirm = () =>
    remove.mutate(file, {
      onSuccess() {
        toast({ text: t('removed', { name }) })
        onClose()
        onRemoved?.()
      },
    })
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      onConfirm={confirm}
      title={t('remove.title')}
      text={t('remove.text', { name })}
      confirmLabel={t('remove.action')}
      busy={remove.isPending}
      error={remove.error ? problemText(remove.error) : undefined}
    />
  )
}
