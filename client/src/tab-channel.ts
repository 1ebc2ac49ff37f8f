/** The part of `BroadcastChannel` that is used: tells the other tabs of the same origin. */
export interface ChannelLike {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  close(): void
}

/** A channel of this name to the other tabs; null where there are none. In Node it does not keep the process alive. */
export function openChannel(name: string): ChannelLike | null {
  if (typeof BroadcastChannel === 'undefined') return null
  // Its types differ between browsers and Node; what is used of it does not.
  const channel = new BroadcastChannel(name) as unknown as ChannelLike & { unref?(): void }
  channel.unref?.()
  return channel
}
