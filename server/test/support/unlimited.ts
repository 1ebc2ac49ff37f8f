/** Limits that are out of the way. */
export const unlimited = {
  RATE_LIMIT_ADDRESS: '0',
  RATE_LIMIT_USER: '0',
  RATE_LIMIT_WORKSPACE: '0',
  RATE_LIMIT_PROJECT: '0',
  STREAMS_PER_USER: '0',
  STREAMS_PER_WORKSPACE: '0',
  AUTH_ATTEMPTS_PER_MINUTE: '100000',
  TURN_TARGET_MS: '0',
}
