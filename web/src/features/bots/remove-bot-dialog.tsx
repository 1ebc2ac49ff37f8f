import type { Project } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProblemText } from '../../lib/problems.ts'
import { useRemoveProject } from '../../lib/queries/project-changes.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { toast } from '../../ui/toast.tsx'

interface RemoveBotDialogProps {
  project: Project
  onClose: () => void
  onRemoved: () => void
}

/** Asks for the bot's name before it is deleted with all that belongs to it. */
export function RemoveBotDialog({ project, onClose, onRemoved }: RemoveBotDialogProps) {
  const { t } = useTranslation('bots')
  const problemText = useProblemText()
  const remove = useRemoveProject()
  const { name } = project
  // Not by the callbacks of `mutate`: with the bot this dialog may be gone before they are called.
  const confirm = async () => {
    try {
      await remove.mutateAsync(project)
    } catch {
      return
    }
    toast({ text: t('remove.done', { name }) })
    onRemoved()
  }
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      onConfirm={() => void confirm()}
      title={t('remove.title')}
      text={t('remove.text', { name })}
      confirmLabel={t('remove.action')}
      typed={name}
      busy={remove.isPending}
      error={remove.error ? problemText(remove.error) : undefined}
    />
  )
}
