import type { Given } from '../deps.ts'
import type { RunningServer } from '../server.ts'

/** What a worker cannot know by itself. */
export type WorkerBriefing = Required<Pick<Given, 'databaseUrl' | 'secretKey' | 'isSoleProcess' | 'ownerId'>>

/** What a server says about itself once it serves. */
export interface ServerReport {
  url: string
  /** Ids of the active providers. */
  providers: string[]
  defaultProvider: string
}

export function describeServer({ url, deps: { models } }: RunningServer): ServerReport {
  return {
    url,
    providers: models.active().map(({ id }) => id),
    defaultProvider: models.defaultProviderId,
  }
}
