import { type KeyboardEvent, useId, useState } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import { cx } from '../lib/class-names.ts'
import { type Command, showKeys } from '../lib/commands.ts'
import { iconOf } from './command-icons.ts'
import { matching } from './command-match.ts'
import { rememberCommand } from './recent-commands.ts'

interface CommandPaletteProps {
  /** The likeliest first. */
  commands: Command[]
  onClose: () => void
}

/** A field to type into, and what it finds: a combobox whose list is always open. */
export function CommandPalette({ commands, onClose }: CommandPaletteProps) {
  const { t } = useTranslation()
  const [{ text, index }, setState] = useState({ text: '', index: 0 })
  const listId = useId()
  const found = matching(commands, text)
  const last = found.length - 1
  const active = found[Math.min(index, last)]
  const choose = (command: Command | undefined) => {
    if (!command) return
    onClose()
    rememberCommand(command.id)
    command.run()
  }
  const listen = (event: KeyboardEvent) => {
    const next = nextIndex(event, index, last)
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) choose(active)
    else if (isOpeningAgain(event)) onClose()
    else if (next !== undefined) setState({ text, index: next })
    else return
    event.preventDefault()
  }
  return (
    <div className="flex min-h-0 flex-col">
      <input
        role="combobox"
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={active && optionId(listId, active)}
        aria-label={t('commands.placeholder')}
        placeholder={t('commands.placeholder')}
        autoComplete="off"
        spellCheck={false}
        className="h-12 shrink-0 border-line border-b bg-transparent px-4 text-[1rem] outline-none"
        value={text}
        onChange={(event) => setState({ text: event.target.value, index: 0 })}
        onKeyDown={listen}
      />
      <div
        id={listId}
        role="listbox"
        aria-label={t('commands.title')}
        className="max-h-80 overflow-y-auto px-1.5 not-empty:pb-1.5"
      >
        {found.map((command) => (
          <Option
            key={command.id}
            id={optionId(listId, command)}
            command={command}
            isActive={command === active}
            onChoose={choose}
          />
        ))}
      </div>
      <p role="status" className={found.length === 0 ? 'px-4 py-3 text-muted' : 'sr-only'}>
        {found.length === 0 ? t('commands.none') : t('commands.found', { count: found.length })}
      </p>
    </div>
  )
}

/** Which one is chosen after this key; undefined where the key is none that moves. */
function nextIndex({ key }: KeyboardEvent, index: number, last: number): number | undefined {
  if (key === 'ArrowDown') return index >= last ? 0 : index + 1
  if (key === 'ArrowUp') return index <= 0 ? Math.max(last, 0) : index - 1
  if (key === 'PageDown') return Math.min(index + 8, Math.max(last, 0))
  if (key === 'PageUp') return Math.max(index - 8, 0)
  if (key === 'Home') return 0
  if (key === 'End') return Math.max(last, 0)
  return undefined
}

function isOpeningAgain({ key, ctrlKey, metaKey }: KeyboardEvent): boolean {
  return key.toLowerCase() === 'k' && (ctrlKey || metaKey)
}

function optionId(listId: string, { id }: Command): string {
  return `${listId}-${id}`
}

interface OptionProps {
  id: string
  command: Command
  isActive: boolean
  onChoose: (command: Command) => void
}

function Option({ id, command, isActive, onChoose }: OptionProps) {
  const { label, keys, kind } = command
  const Icon = iconOf(command)
  return (
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={isActive}
      ref={isActive ? (element) => element?.scrollIntoView({ block: 'nearest' }) : undefined}
      // The field keeps the focus.
      onPointerDown={(event) => event.preventDefault()}
      onClick={() => onChoose(command)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onChoose(command)
      }}
      className={cx(
        'flex min-h-9 cursor-pointer scroll-my-1.5 items-center gap-2.5 rounded-md px-3 first:mt-1.5 hover:bg-hover pointer-coarse:min-h-11',
        isActive && 'bg-hover',
      )}
    >
      {Icon && <Icon size={16} strokeWidth={1.75} aria-hidden className="shrink-0 text-muted" />}
      <span dir="auto" className="min-w-0 flex-1 truncate text-start">
        {label}
      </span>
      {kind && <span className="shrink-0 text-muted text-xs">{kind}</span>}
      {keys && <kbd className="shrink-0 font-sans text-muted text-xs">{showKeys(keys)}</kbd>}
    </div>
  )
}
