import {
  type ChatSession,
  type ChatSessionOptions,
  type ChatSnapshot,
  createChatSession,
} from '@chatbot-platform/client'
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import { useClient } from '../../lib/account.tsx'

/** A chat for as long as the component is there. The options are those of its first render: give it a `key`. */
export function useChat(options: Omit<ChatSessionOptions, 'client'>): ChatSession {
  const client = useClient()
  const [chat] = useState(() => createChatSession({ client, ...options }))
  useEffect(() => {
    chat.start()
    return () => chat.close()
  }, [chat])
  return chat
}

export function useChatSnapshot(chat: ChatSession): ChatSnapshot {
  return useSyncExternalStore(chat.subscribe, chat.getSnapshot)
}

/** The text of a message; that of an answer under way as it grows, at most once a frame. */
export function useLiveText(chat: ChatSession, messageId: string): string {
  const subscribe = useCallback((listener: () => void) => chat.subscribeText(messageId, listener), [chat, messageId])
  return useSyncExternalStore(subscribe, () => chat.liveText(messageId))
}
