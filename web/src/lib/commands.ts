import { useEffect, useEffectEvent } from 'react'
import { currentTranslation } from '../i18n/use-translation.ts'

/** Something that can be done from the keyboard and the command palette. */
export interface Command {
  id: string
  label: string
  /** `mod` is Ctrl, or ⌘ on a Mac: `mod+k`, `mod+shift+o`, `alt+arrowdown`, `escape`, `?`. */
  keys?: string
  /** What kind of thing it leads to, where the label is a name that people gave: `Bot`. */
  kind?: string
  /** Offered on every page; the others belong to the page in view. */
  isEverywhere?: boolean
  /** Not in the palette: only a shortcut. */
  isHidden?: boolean
  run: () => void
}

const isMac = /Mac|iPhone|iPad/.test(navigator.platform)
const offers = new Set<() => Command[]>()

/** Offers commands while the component is there. Where two have the same keys, the one offered last is run. */
export function useCommands(commands: Command[]): void {
  const latest = useEffectEvent(() => commands)
  useEffect(() => {
    const offer = () => latest()
    offers.add(offer)
    return () => {
      offers.delete(offer)
    }
  }, [])
}

/** All commands on offer at present, the first offered first. For event handlers: not while React renders. */
export function offeredCommands(): Command[] {
  return [...offers].flatMap((offer) => offer())
}

/** Runs commands by their keys, except behind a dialog. Plain keys are left to the text field that has the focus. */
export function useCommandKeys(): void {
  useEffect(() => {
    addEventListener('keydown', runCommand)
    return () => removeEventListener('keydown', runCommand)
  }, [])
}

function runCommand(event: KeyboardEvent): void {
  const pressed = keysOf(event)
  if (event.defaultPrevented || event.isComposing || belongsToField(event, pressed)) return
  const command = offeredCommands().findLast(({ keys }) => keys === pressed)
  if (!command) return
  const isBehindDialog = document.querySelector('dialog:modal') !== null
  // Escape closes the dialog; anything else must not become a shortcut of the browser's instead.
  if (isBehindDialog && pressed === 'escape') return
  event.preventDefault()
  if (isBehindDialog || (event.repeat && !pressed.includes('arrow'))) return
  command.run()
}

/** Keys as people read them: `Ctrl K`, `⌘ K`. */
export function showKeys(keys: string): string {
  return keyNames(keys).join(' ')
}

/** The name of each key, as it is printed on keyboards of the reader's language. */
export function keyNames(keys: string): string[] {
  const t = currentTranslation().in('common')
  const names: Record<string, string> = {
    mod: isMac ? '⌘' : t('keys.control'),
    alt: isMac ? '⌥' : t('keys.alt'),
    shift: isMac ? '⇧' : t('keys.shift'),
    escape: t('keys.escape'),
    enter: t('keys.enter'),
    arrowdown: t('keys.down'),
    arrowup: t('keys.up'),
  }
  return keys.split('+').map((key) => names[key] ?? key.toUpperCase())
}

function keysOf(event: KeyboardEvent): string {
  const key = keyOf(event)
  const mod = isMac ? event.metaKey : event.ctrlKey
  // A sign such as `?` holds its own Shift.
  const shift = event.shiftKey && (key.length > 1 || /[a-z]/.test(key))
  return [mod && 'mod', event.altKey && 'alt', shift && 'shift', key].filter(Boolean).join('+')
}

/** On keyboards without Latin letters a shortcut is where its letter is on an English one. */
function keyOf({ key, code, shiftKey }: KeyboardEvent): string {
  if (key.length !== 1 || key <= '~') return key.toLowerCase()
  if (code === 'Slash') return shiftKey ? '?' : '/'
  return /^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() ?? key
}

function belongsToField({ target }: KeyboardEvent, pressed: string): boolean {
  if (!(target instanceof HTMLElement)) return false
  // Alt with an arrow opens a list of choices, and on a Mac moves through the text.
  if (target instanceof HTMLSelectElement && pressed.startsWith('alt+')) return true
  if (isMac && target instanceof HTMLTextAreaElement && target.value !== '' && pressed.startsWith('alt+arrow'))
    return true
  const isField = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
  return isField && !/^(mod|alt)\+|^escape$/.test(pressed)
}
