import type { Project } from '@chatbot-platform/contract'

/** Up to this many bots are found at a glance; beyond, a list gets a filter. */
export const findable = 8

/** The bots whose name holds every word of the text, in any order and case. */
export function filterBots(bots: Project[], text: string): Project[] {
  const words = text.toLocaleLowerCase().trim().split(/\s+/)
  return bots.filter(({ name }) => words.every((word) => name.toLocaleLowerCase().includes(word)))
}
