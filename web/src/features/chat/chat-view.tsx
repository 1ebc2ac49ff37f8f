import type { ChatSession, ChatSnapshot } from '@chatbot-platform/client'
import type { Attachment } from '@chatbot-platform/contract'
import { type ReactNode, useMemo, useRef, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useCommands } from '../../lib/commands.ts'
import { useLazyPart } from '../../lib/lazy-part.ts'
import { useProject } from '../../lib/queries/projects.ts'
import { Announcer } from './announcer.tsx'
import { ChatContext, type ChatControl } from './chat-context.ts'
import { ChatFailed } from './chat-failed.tsx'
import { Composer, type ComposerHandle } from './composer.tsx'
import { FailureNotice } from './failure-notice.tsx'
import { laterParts } from './later-parts.ts'
import type { ThreadHandle, ThreadProps } from './thread.tsx'
import { ThreadSkeleton } from './thread-skeleton.tsx'
import { useThread } from './use-thread.ts'

export interface ChatViewProps {
  chat: ChatSession
  snapshot: ChatSnapshot
  projectId: string
  /** Shown in place of the thread while nothing has been said. */
  empty: ReactNode
  /** Where the draft is kept; null: nowhere. */
  draftPlace: string | null
  prefill?: string | null
  markedId?: string | null
  /** Beside another page: no shortcuts, and no focus taken. */
  isAside?: boolean
  /** The reader went to the newest message, or wrote one. */
  onJump?: () => void
}

const maxNameChars = 20

/** A conversation: what was said, what is under way, and a place to write. */
export function ChatView(props: ChatViewProps) {
  const {
    chat,
    snapshot,
    projectId,
    empty,
    draftPlace,
    prefill = null,
    markedId = null,
    isAside = false,
    onJump,
  } = props
  const { t } = useTranslation('chat')
  const name = useProject(projectId)?.name
  const composer = useRef<ComposerHandle>(null)
  const thread = useRef<ThreadHandle>(null)
  const [editingId, setEditingId] = useState<string | null>(null)
  const control = useMemo<ChatControl>(() => ({ chat, projectId, editQuestion: setEditingId }), [chat, projectId])
  const { run, status, messages, queue } = snapshot
  const placeholder = name ? t('composer.placeholder', { name: shortened(name) }) : t('composer.placeholderDraft')
  const Queue = useLazyPart(laterParts, queue.length > 0)?.Queue
  const takeBack = (text: string, images?: readonly Attachment[]) => composer.current?.add(text, images)
  useChatCommands({ isOffered: !isAside, isRunning: run !== null, chat, focus: () => composer.current?.focus() })
  return (
    <ChatContext value={control}>
      <div className="flex min-h-0 flex-1 flex-col">
        <Said ref={thread} {...{ chat, snapshot, empty, markedId, editingId, onJump }} />
        <div className="mx-auto flex w-full max-w-[calc(46rem+2rem)] flex-col gap-2 px-2 pb-[max(0.5rem,env(safe-area-inset-bottom))] sm:max-w-[calc(46rem+4rem)] sm:px-8 sm:pb-4">
          <FailureNotice snapshot={snapshot} onEdit={takeBack} />
          {Queue && <Queue messages={queue} isRunning={run !== null} onEdit={takeBack} />}
          {status !== 'failed' && (
            <Composer
              ref={composer}
              place={draftPlace}
              prefill={prefill}
              placeholder={placeholder}
              run={run === null ? 'none' : run.phase === 'stopping' ? 'stopping' : 'running'}
              isAutoFocused={!isAside && markedId === null}
              projectId={projectId}
              onSend={(text, images) => {
                if (snapshot.hasNewer) void chat.showNewest()
                chat.send(text, images)
                thread.current?.toEnd()
                onJump?.()
              }}
              onStop={() => void chat.stop()}
              onEditLast={() =>
                run === null && setEditingId(messages.findLast(({ role }) => role === 'user')?.id ?? null)
              }
            />
          )}
        </div>
        <Announcer snapshot={snapshot} />
      </div>
    </ChatContext>
  )
}

/** What was said so far, or what stands in its place. */
function Said({ empty, ...props }: ThreadProps & { empty: ReactNode }) {
  const Thread = useThread()
  const { status, messages, run } = props.snapshot
  if (status === 'failed') return <ChatFailed snapshot={props.snapshot} />
  if (status === 'ready' && messages.length === 0 && run === null)
    return <div className="min-h-0 flex-1 overflow-y-auto">{empty}</div>
  if (status === 'loading' || !Thread) return <ThreadSkeleton />
  return <Thread {...props} />
}

/** A name that fits into the empty field. */
function shortened(name: string): string {
  return name.length > maxNameChars ? `${name.slice(0, maxNameChars)}…` : name
}

interface ChatCommands {
  isOffered: boolean
  isRunning: boolean
  chat: ChatSession
  focus: () => void
}

function useChatCommands({ isOffered, isRunning, chat, focus }: ChatCommands): void {
  const { t } = useTranslation('chat')
  const write = {
    id: 'focus-composer',
    label: t('common:commands.focusComposer'),
    keys: '/',
    run: focus,
  }
  const stop = { id: 'stop-answer', label: t('composer.stop'), keys: 'escape', run: () => void chat.stop() }
  useCommands(isOffered ? [write, ...(isRunning ? [stop] : [])] : [])
}
