import type { Command } from '../lib/commands.ts'
import { storage } from '../lib/storage.ts'

const place = 'recent-commands'
const kept = 6

/** Remembers on this device what was chosen from the palette. */
export function rememberCommand(id: string): void {
  const ids = [id, ...recentIds().filter((other) => other !== id)].slice(0, kept)
  storage?.setItem(place, ids.join(' '))
}

/** What was chosen lately comes first, the rest stays in its order. */
export function recentFirst(commands: Command[]): Command[] {
  const recent = recentIds().flatMap((id) => commands.find((command) => command.id === id) ?? [])
  return [...recent, ...commands.filter((command) => !recent.includes(command))]
}

function recentIds(): string[] {
  return storage?.getItem(place)?.split(' ') ?? []
}
