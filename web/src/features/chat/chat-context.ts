import type { ChatSession } from '@chatbot-platform/client'
import { createContext, useContext } from 'react'

/** What the parts of one conversation share; the same object for as long as the conversation is shown. */
export interface ChatControl {
  chat: ChatSession
  projectId: string
  /** Opens a question for editing in its place; null closes it. */
  editQuestion: (messageId: string | null) => void
}

export const ChatContext = createContext<ChatControl | null>(null)

/** Throws outside a conversation. */
export function useChatControl(): ChatControl {
  const control = useContext(ChatContext)
  if (!control) throw new Error('useChatControl needs a conversation around it')
  return control
}
