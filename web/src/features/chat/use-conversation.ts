import { useQueryClient } from '@tanstack/react-query'
import { keys } from '../../lib/queries/keys.ts'
import { useLocation, useNavigate, useParams } from '../../lib/router/use-router.tsx'

export interface ConversationPlace {
  projectId: string
  /** Undefined for a new conversation. */
  sessionId: string | undefined
  /** A message to open at. */
  at: string | null
  /** To be put into the composer, never to be sent. */
  text: string | null
  /** Another one is another conversation, or another place in it: the `key` of what shows it. */
  key: string
  /** The new conversation has got its session: the address follows, the conversation stays. */
  accepted: (sessionId: string) => void
  /** The reader is at the newest message: the address no longer names another. */
  leaveMark: () => void
  /** The text has arrived in the composer. */
  textTaken: () => void
}

/** Which conversation the address names. A new one keeps its place on the screen when it gets its session. */
export function useConversation(): ConversationPlace {
  const { projectId = '', sessionId } = useParams()
  const location = useLocation()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const search = new URLSearchParams(location.search)
  const at = search.get('at')
  const isPlain = sessionId !== undefined && at === null
  // What is new, or opens at a message, begins again with each visit, but not where this page changes its own address.
  const key = kept(location.state) ?? (isPlain ? sessionId : location.key)
  const move = (path: string) => void navigate(path, { replace: true, state: { keeps: key } })
  return {
    projectId,
    sessionId,
    at,
    text: search.get('text'),
    key,
    accepted(id) {
      move(`/app/chat/${projectId}/${id}`)
      void queryClient.invalidateQueries({ queryKey: keys.sessions(projectId) })
    },
    leaveMark() {
      if (at !== null) move(location.pathname)
    },
    textTaken: () => move(location.pathname),
  }
}

function kept(state: unknown): string | null {
  const { keeps } = (state ?? {}) as { keeps?: unknown }
  return typeof keeps === 'string' ? keeps : null
}
