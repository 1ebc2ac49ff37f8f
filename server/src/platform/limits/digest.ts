import { hash } from 'node:crypto'

/** What a key is called in the store: 132 bits of a SHA-256, so that the store names no address and no person. */
export function digestOf(name: string, key: string): string {
  return hash('sha256', `${name}\n${key}`, 'base64url').slice(0, 22)
}
