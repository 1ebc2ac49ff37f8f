import type { Limits } from './limits.ts'
import type { StreamCap } from './stream-counts.ts'
import type { WindowLimit } from './window-counts.ts'

/** Requests per minute, and streams at once; 0 means without limit. */
export interface RequestLimitSettings {
  perAddress: number
  perUser: number
  perWorkspace: number
  perProject: number
  streamsPerUser: number
  streamsPerWorkspace: number
}

/** The limits every request is checked against; those that are switched off are `null`. */
export interface RequestLimits {
  address: WindowLimit | null
  user: WindowLimit | null
  workspace: WindowLimit | null
  project: WindowLimit | null
  userStreams: StreamCap | null
  workspaceStreams: StreamCap | null
  /** The value of `RateLimit-Policy`; empty without any limit. */
  policy: string
}

const windowSeconds = 60

/** Makes the limits that the settings ask for. */
export function createRequestLimits(limits: Limits, settings: RequestLimitSettings): RequestLimits {
  const perMinute = {
    address: settings.perAddress,
    user: settings.perUser,
    workspace: settings.perWorkspace,
    project: settings.perProject,
  }
  const window = (name: keyof typeof perMinute) =>
    perMinute[name] === 0 ? null : limits.window({ name, limit: perMinute[name], windowSeconds })
  const streams = (name: string, limit: number) => (limit === 0 ? null : limits.streams({ name, limit }))
  return {
    address: window('address'),
    user: window('user'),
    workspace: window('workspace'),
    project: window('project'),
    userStreams: streams('user streams', settings.streamsPerUser),
    workspaceStreams: streams('workspace streams', settings.streamsPerWorkspace),
    policy: Object.entries(perMinute)
      .filter(([, limit]) => limit > 0)
      .map(([name, limit]) => `"${name}";q=${limit};w=${windowSeconds}`)
      .join(', '),
  }
}

/** No limits at all. */
export const noRequestLimits: RequestLimits = {
  address: null,
  user: null,
  workspace: null,
  project: null,
  userStreams: null,
  workspaceStreams: null,
  policy: '',
}
