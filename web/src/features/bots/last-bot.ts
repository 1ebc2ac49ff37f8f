import type { Project } from '@chatbot-platform/contract'
import { storage } from '../../lib/storage.ts'

const place = 'last-bot'

/** Keeps on this device which bot was used last. */
export function rememberBot(projectId: string): void {
  storage?.setItem(place, projectId)
}

/** The bot that was used last, where it is one of these; else the newest. */
export function lastBot(projects: Project[]): Project | undefined {
  const id = storage?.getItem(place)
  return projects.find((project) => project.id === id) ?? projects[0]
}
