import { type ChatSession, contract, type SessionPatch } from '@chatbot-platform/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useClient } from '../account.tsx'
import { keys } from './keys.ts'
import { type SessionLists, withSession } from './session-lists.ts'

/** A conversation as it is now, wherever in the app it was changed; `known` until the server has said. */
export function useSession(projectId: string, known: ChatSession | null): ChatSession | null {
  const client = useClient()
  const id = known?.id ?? ''
  const { data } = useQuery({
    queryKey: keys.session(projectId, id),
    queryFn: () => client.call(contract.sessions.get, { params: { session_id: id } }),
    enabled: known !== null,
  })
  return data ?? known
}

interface SessionChange {
  session: ChatSession
  patch: SessionPatch
}

/**
 * Changes a conversation of this bot at the server. The whole app shows the change at once, and takes it back when the
 * server refuses, which `onFailure` tells the reader.
 */
export function useUpdateSession(projectId: string, onFailure: (error: unknown, session: ChatSession) => void) {
  const client = useClient()
  const queryClient = useQueryClient()
  function put(session: ChatSession): void {
    queryClient.setQueryData<SessionLists>(
      keys.sessionLists(projectId),
      (known) => known && withSession(known, session),
    )
    queryClient.setQueryData(keys.session(projectId, session.id), session)
  }
  return useMutation({
    mutationFn: ({ session, patch }: SessionChange) =>
      client.call(contract.sessions.update, { params: { session_id: session.id }, body: patch }),
    async onMutate({ session, patch: { title = session.title, pinned = session.pinned } }) {
      // An answer from before the change would show the old state for a moment.
      await queryClient.cancelQueries({ queryKey: keys.sessions(projectId) })
      put({ ...session, title, pinned })
    },
    onError(error, { session }) {
      put(session)
      onFailure(error, session)
    },
    onSuccess: put,
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.sessions(projectId) }),
  })
}
