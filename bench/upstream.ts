import { startUpstream } from '../server/test/support/upstream.ts'
import type { Round } from '../server/test/support/upstream-round.ts'

/** The scripted upstream in a process of its own: one round for all, as JSON, or with `byModel` these by their names. */
const rounds: Record<string, Round> = {
  short: { text: ['Hello', ' there', '.'] },
  burst: { text: Array.from({ length: 5000 }, () => 'token ') },
  slow: { text: Array.from({ length: 28 }, () => 'token '), delayMs: 500 },
}
const { byModel, ...round } = JSON.parse(process.argv[2] ?? '{}')
const upstream = await startUpstream({ keepsRequests: false, takesCrowds: process.platform === 'linux' })
upstream.always(round)
if (byModel) upstream.answers(({ body }) => rounds[String(body.model)])
process.send?.({ url: upstream.url })
process.on('disconnect', () => process.exit(0))
