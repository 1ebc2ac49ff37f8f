import type { ServerResponse } from 'node:http'

/**
 * Calls back once the answer has ended or its reader has left; at once where that has happened, as it may while a sign-in
 * is being checked: `close` is not told twice.
 */
export function whenClosed(response: ServerResponse, listener: () => void): void {
  if (response.destroyed) listener()
  else response.once('close', listener)
}
