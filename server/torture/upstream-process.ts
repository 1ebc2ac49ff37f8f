// The scripted upstream in a process of its own, which no kill reaches. Ends with its parent.
import { startUpstream } from '../test/support/upstream.ts'
import { roundFor } from './answers.ts'

const upstream = await startUpstream({ keepsRequests: false })
upstream.answers(({ body }) => roundFor(body.messages ?? []))
process.on('disconnect', () => process.exit())
process.send?.({ url: upstream.url })
