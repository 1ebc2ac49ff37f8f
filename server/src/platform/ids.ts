import { v7 } from 'uuid'

/** A new UUIDv7 (RFC 9562): ordered by creation time, so indexes grow at their end. */
export function newId(): string {
  return v7()
}
