import { Keyboard } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Command, offeredCommands, useCommands } from '../lib/commands.ts'
import { Dialog } from '../ui/dialog.tsx'
import { CommandPalette } from './command-palette.tsx'
import { recentFirst } from './recent-commands.ts'
import { ShortcutsSheet } from './shortcuts-sheet.tsx'
import { useAppCommands } from './use-app-commands.ts'

interface Shown {
  what: 'palette' | 'shortcuts'
  /** As they were on offer when it was opened. */
  commands: Command[]
}

/** Keeps the commands of every page, and shows all that are on offer: to choose from on Ctrl/⌘ K, with their keys on `?`. */
export function CommandCentre() {
  const { t } = useTranslation()
  const [shown, setShown] = useState<Shown | null>(null)
  const close = () => setShown(null)
  const show = (what: Shown['what']) => setShown({ what, commands: byId(offeredCommands()) })
  useCommands([
    // Ctrl K is the address bar's search in some browsers; pages may take it, and people know it from other apps.
    {
      id: 'palette',
      label: t('commands.open'),
      keys: 'mod+k',
      isHidden: true,
      isEverywhere: true,
      run: () => show('palette'),
    },
    ...useAppCommands(),
    {
      id: 'shortcuts',
      label: t('commands.shortcuts'),
      keys: '?',
      icon: Keyboard,
      isEverywhere: true,
      run: () => show('shortcuts'),
    },
  ])
  return (
    <>
      <Dialog open={shown?.what === 'palette'} onClose={close} title={t('commands.title')} side="top" isTitleHidden>
        <CommandPalette
          commands={recentFirst((shown?.commands ?? []).filter(({ isHidden }) => !isHidden))}
          onClose={close}
        />
      </Dialog>
      <Dialog open={shown?.what === 'shortcuts'} onClose={close} title={t('commands.shortcuts')}>
        <ShortcutsSheet commands={shown?.commands ?? []} />
      </Dialog>
    </>
  )
}

/** What two places offer is one command; the later one counts. */
function byId(commands: Command[]): Command[] {
  return commands.filter(({ id }, index) => commands.findLastIndex((other) => other.id === id) === index)
}
