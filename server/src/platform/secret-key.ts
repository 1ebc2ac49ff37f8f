import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurableFile } from './postgres/durable-file.ts'

/** RFC 7518, section 3.2: a key for HS256 has at least 256 bits. */
const minimumBytes = 32

/** Keys that stand in documentation and examples, which everybody knows. */
const published = /change[-_ ]?(me|this)|your[-_ ]?secret|secret[-_ ]?key|example/i
const oneCharacter = /^(.)\1+$/

/**
 * What is wrong with a signing key for production, as the end of a sentence; null when it is fit. An absent key is
 * judged too, since production generates none.
 */
export function secretKeyProblem(key: string | undefined): string | null {
  if (key === undefined) return 'must be set in production; generate one with `openssl rand -hex 32`'
  if (Buffer.byteLength(key) < minimumBytes) {
    return `must have at least ${minimumBytes} bytes; generate one with \`openssl rand -hex 32\``
  }
  if (published.test(key) || oneCharacter.test(key))
    return 'is a published example; generate one with `openssl rand -hex 32`'
  return null
}

/** The key of this installation: generated at the first start into `<dataDir>/secret-key`, readable by its owner alone. */
export async function readOrCreateSecretKey(dataDir: string): Promise<string> {
  const path = join(dataDir, 'secret-key')
  const existing = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (existing !== undefined) return existing.trim()
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const key = randomBytes(32).toString('hex')
  await writeDurableFile(path, `${key}\n`)
  return key
}
