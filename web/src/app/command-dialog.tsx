import { useTranslation } from '../i18n/use-translation.ts'
import type { Command } from '../lib/commands.ts'
import { Dialog } from '../ui/dialog.tsx'
import { CommandPalette } from './command-palette.tsx'
import { recentFirst } from './recent-commands.ts'
import { ShortcutsSheet } from './shortcuts-sheet.tsx'

export interface CommandDialogProps {
  what: 'palette' | 'shortcuts'
  commands: Command[]
  onClose: () => void
}

/** All commands on offer: to choose from, or with their keys. */
export function CommandDialog({ what, commands, onClose }: CommandDialogProps) {
  const { t } = useTranslation()
  if (what === 'shortcuts')
    return (
      <Dialog open onClose={onClose} title={t('commands.shortcuts')}>
        <ShortcutsSheet commands={commands} />
      </Dialog>
    )
  return (
    <Dialog open onClose={onClose} title={t('commands.title')} side="top" isTitleHidden>
      <CommandPalette commands={recentFirst(commands.filter(({ isHidden }) => !isHidden))} onClose={onClose} />
    </Dialog>
  )
}
