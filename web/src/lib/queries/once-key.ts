export interface OnceKey {
  /** The header of a request with this content; the same until the content changes or `renew` is called. */
  headers(content: unknown): { 'idempotency-key': string }
  /** After an answer: the same content sent again is meant as another one. */
  renew(): void
}

/** Makes pressing a button again after a lost answer harmless: the server does what carries the same key only once. */
export function createOnceKey(): OnceKey {
  let known = { content: '', key: '' }
  return {
    headers(content) {
      const json = JSON.stringify(content)
      if (known.content !== json) known = { content: json, key: newKey() }
      return { 'idempotency-key': known.key }
    },
    renew() {
      known = { content: '', key: '' }
    },
  }
}

/** `crypto.randomUUID` is missing on pages served by plain HTTP, this is not. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16).padStart(8, '0')).join('')
}
