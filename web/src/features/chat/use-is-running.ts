import { useSyncExternalStore } from 'react'
import { useChatControl } from './chat-context.ts'

/** Whether an answer is under way: until it has ended, nothing else can be asked here. */
export function useIsRunning(): boolean {
  const { chat } = useChatControl()
  return useSyncExternalStore(chat.subscribe, () => chat.getSnapshot().run !== null)
}
