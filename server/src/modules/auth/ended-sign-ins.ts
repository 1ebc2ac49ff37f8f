import { z } from 'zod'
import type { SharedRedis } from '../../platform/redis/redis.ts'

/** Sign-ins that have ended: some, or all of a user. */
export type EndedSignIns = { families: string[] } | { user: string }

/** Spreads the word among processes. It may be lost, so each looks for itself every few seconds as well. */
export interface SignInNews {
  tell(ended: EndedSignIns): void
  hear(heard: (ended: EndedSignIns) => void): void
}

const channel = 'ended-sign-ins'
const Message = z.union([z.object({ families: z.array(z.string()) }), z.object({ user: z.string() })])

/** Published in Redis, so that an access token ends at all processes at once. */
export function createSignInNews(redis: Pick<SharedRedis, 'tell' | 'listen'>): SignInNews {
  return {
    tell: (ended) => redis.tell(channel, JSON.stringify(ended)),
    hear: (heard) =>
      redis.listen(channel, (payload) => {
        const message = Message.safeParse(parse(payload))
        if (message.success) heard(message.data)
      }),
  }
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    return undefined
  }
}
