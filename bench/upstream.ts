import { startUpstream } from '../server/test/support/upstream.ts'

/** The scripted upstream in a process of its own; its rounds come as one JSON argument. */
const upstream = await startUpstream({ keepsRequests: false })
upstream.always(JSON.parse(process.argv[2] ?? '{}'))
process.send?.({ url: upstream.url })
process.on('disconnect', () => process.exit(0))
