import { hash } from 'node:crypto'
import type { RedisClient } from './redis-connection.ts'

const buckets = 16

/**
 * The bucket of a name, as the hash tag of its key: names of one bucket are on one node of a cluster, where a script may
 * work on them together (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags).
 */
export function bucketOf(name: string): string {
  const last = name.charCodeAt(name.length - 1)
  return `{${(Number.isNaN(last) ? 0 : last % buckets).toString(16)}}`
}

/** The name under every bucket. */
export function bucketKeys(prefix: string, name: string): string[] {
  return Array.from({ length: buckets }, (_, bucket) => `${prefix}:{${bucket.toString(16)}}:${name}`)
}

/** Runs a script, which is sent in full only where the server does not know it. Keys have to be of one bucket. */
export async function runScript(
  client: RedisClient,
  script: string,
  keys: string[],
  values: (string | number)[],
): Promise<unknown> {
  const rest = [keys.length, ...keys, ...values]
  try {
    return await client.call('EVALSHA', [hash('sha1', script), ...rest])
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return client.call('EVAL', [script, ...rest])
  }
}
