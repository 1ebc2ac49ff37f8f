import { createHmac } from 'node:crypto'
import { hash as bcryptHash, verify as bcryptVerify, genSaltSync, parseOptions } from '@node-rs/bcrypt'
import { AppError } from './errors.ts'

export interface PasswordOptions {
  /** bcrypt's cost, the binary logarithm of its rounds. */
  cost?: number
  /** How many hashes may wait behind the running one before callers get 429. */
  maxWaiting?: number
}

export interface Verdict {
  ok: boolean
  /** The password is right, but its stored hash follows an older scheme or cost: store a new one. */
  needsRehash: boolean
}

export interface Passwords {
  /** The hash to store. Throws 429 `rate_limited` when too many hashes are waiting. */
  hash(password: string): Promise<string>
  /**
   * Checks a password against its stored hash. Without one (an unknown account) it does the same work and answers no,
   * so that the time tells nothing. Throws 429 `rate_limited` when too many hashes are waiting.
   */
  verify(password: string, stored: string | undefined): Promise<Verdict>
}

// bcrypt reads 72 bytes and stops, some implementations at the first NUL: https://www.usenix.org/legacy/events/usenix99/provos/provos.pdf
const bcryptMaxBytes = 72

/** Marks a bcrypt hash of a digest; a hash without it is plain bcrypt (`$2b$12$…`, as other systems write it). */
const digestMark = 'hmac-sha256:'

// The label keeps a leaked SHA-256 of the same password, from somewhere else, from being tried against these hashes.
const digestLabel = 'chatbot-platform password'

/**
 * bcrypt off the event loop, one hash at a time in the order of arrival: a hash keeps a core busy for about 0.2 s at
 * cost 12, and a crowd that signs in must not stop the chats. Passwords that bcrypt would cut go in as a digest.
 */
export function createPasswords({ cost = 12, maxWaiting = 32 }: PasswordOptions = {}): Passwords {
  const inTurn = createQueue(maxWaiting)
  // A well-formed hash that no password is known for.
  const nobody = `${genSaltSync({ cost })}${'.'.repeat(31)}`

  return {
    hash: (password) =>
      inTurn(async () =>
        fitsBcrypt(password)
          ? bcryptHash(password, { cost })
          : `${digestMark}${await bcryptHash(digest(password), { cost })}`,
      ),
    verify: (password, stored) =>
      inTurn(async () => {
        const digested = stored?.startsWith(digestMark) ?? false
        const encoded = digested ? stored?.slice(digestMark.length) : stored
        const matches = await bcryptVerify(digested ? digest(password) : password, encoded ?? nobody)
        // A plain hash knows only the first 72 bytes, so a longer password is a different one.
        const ok = matches && encoded !== undefined && digested === !fitsBcrypt(password)
        return { ok, needsRehash: ok && parseOptions(encoded).cost !== cost }
      }),
  }
}

function fitsBcrypt(password: string): boolean {
  return Buffer.byteLength(password) <= bcryptMaxBytes && !password.includes('\0')
}

/** 44 characters of base64: no NUL, and well below the limit. */
function digest(password: string): string {
  return createHmac('sha256', digestLabel).update(password).digest('base64')
}

function createQueue(maxWaiting: number): <T>(job: () => Promise<T>) => Promise<T> {
  let unfinished = 0
  let last: Promise<unknown> = Promise.resolve()
  return async (job) => {
    if (unfinished > maxWaiting) {
      throw new AppError('rate_limited', 'Too many people are signing in at the moment. Try again in a few seconds.', {
        retryAfterSeconds: 5,
      })
    }
    unfinished += 1
    const result = last.then(job)
    last = result.then(ignore, ignore)
    try {
      return await result
    } finally {
      unfinished -= 1
    }
  }
}

function ignore(): void {}
