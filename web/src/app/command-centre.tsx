import { useState } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import { type Command, offeredCommands, useCommands } from '../lib/commands.ts'
import { lazyPart, useLazyPart } from '../lib/lazy-part.ts'
import type { CommandDialogProps } from './command-dialog.tsx'
import { useAppCommands } from './use-app-commands.ts'

/** The commands as they were on offer when it was opened. */
type Shown = Pick<CommandDialogProps, 'what' | 'commands'>

const dialog = lazyPart(async () => (await import('./command-dialog.tsx')).CommandDialog)

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
      isEverywhere: true,
      run: () => show('shortcuts'),
    },
  ])
  const Dialog = useLazyPart(dialog, shown !== null)
  return shown && Dialog && <Dialog {...shown} onClose={close} />
}

/** What two places offer is one command; the later one counts. */
function byId(commands: Command[]): Command[] {
  return commands.filter(({ id }, index) => commands.findLastIndex((other) => other.id === id) === index)
}
