import type { ChatSession, ChatSnapshot } from '@chatbot-platform/client'
import { ArrowDown } from 'lucide-react'
import { memo, type Ref, useImperativeHandle } from 'react'
import { Virtualizer } from 'virtua'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { Button } from '../../ui/button.tsx'
import { Answer } from './answer.tsx'
import { Question } from './question.tsx'
import { SendingTurn } from './sending-turn.tsx'
import { type ThreadItem, useThreadItems } from './thread-items.ts'
import { useThreadScroll } from './use-thread-scroll.ts'

export interface ThreadHandle {
  /** Goes to the newest message and follows what comes. */
  toEnd: () => void
}

export interface ThreadProps {
  chat: ChatSession
  snapshot: ChatSnapshot
  /** The message that the address names. */
  markedId: string | null
  /** The question that is being edited in its place. */
  editingId: string | null
  onJump?: (() => void) | undefined
  ref?: Ref<ThreadHandle>
}

/** Space above the first message, in px. */
const topPx = 20

/** The messages of a loaded conversation: only those in view are in the page. */
export function Thread({ chat, snapshot, markedId, editingId, onJump, ref }: ThreadProps) {
  const { t } = useTranslation('chat')
  const { items, isShifted } = useThreadItems(snapshot)
  const startIndex = items.findIndex(({ key }) => key === markedId)
  const { scroller, list, isAway, scrolls, onResize, toEnd } = useThreadScroll(chat, startIndex)
  useImperativeHandle(ref, () => ({ toEnd }))
  const jump = async () => {
    if (snapshot.hasNewer) await chat.showNewest()
    toEnd()
    onJump?.()
  }
  const editingIndex = items.findIndex(({ key }) => key === editingId)
  return (
    <div className="relative min-h-0 flex-1">
      {/* Finished answers are announced beside the thread, words that arrive are not. */}
      <div
        ref={scroller}
        {...scrolls}
        role="log"
        aria-live="off"
        aria-label={t('thread')}
        className="h-full overflow-y-auto overscroll-contain outline-offset-[-2px] [overflow-anchor:none] [&>ol]:pointer-events-auto!"
      >
        <div style={{ height: topPx }} />
        <Virtualizer
          ref={list}
          as="ol"
          item="li"
          data={items}
          shift={isShifted}
          startMargin={topPx}
          bufferSize={600}
          scrollRef={scroller}
          onResize={onResize}
          {...(editingIndex < 0 ? {} : { keepMounted: [editingIndex] })}
        >
          {(item) => (
            <Row key={item.key} item={item} isMarked={item.key === markedId} isEditing={item.key === editingId} />
          )}
        </Virtualizer>
        <div className="h-4" />
      </div>
      <Edges loading={snapshot.loading} />
      {isAway && (
        <Button
          className="animate-appear absolute inset-x-0 bottom-3 mx-auto w-fit rounded-full bg-raised shadow-float"
          onClick={() => void jump()}
        >
          <ArrowDown size={16} strokeWidth={1.75} aria-hidden />
          {t('jumpToLatest')}
        </Button>
      )}
    </div>
  )
}

interface RowProps {
  item: ThreadItem
  isMarked: boolean
  isEditing: boolean
}

const Row = memo(function Row({ item, isMarked, isEditing }: RowProps) {
  const isQuestion = item.kind === 'message' && item.message.role === 'user'
  return (
    <div
      className={cx(
        'mx-auto max-w-[calc(46rem+2rem)] px-4 sm:max-w-[calc(46rem+4rem)] sm:px-8',
        isQuestion ? 'pb-1' : 'pb-5',
      )}
    >
      <div className={isMarked ? '-m-3 rounded-lg bg-accent-soft p-3' : undefined}>
        {item.kind === 'sending' && <SendingTurn run={item.run} />}
        {isQuestion && <Question message={item.message} isEditing={isEditing} />}
        {item.kind === 'message' && !isQuestion && (
          <Answer message={item.message} run={item.run} isNewest={item.isNewest} />
        )}
      </div>
    </div>
  )
})

/** Says that more is on its way, over the edge where it will appear: nothing moves. */
function Edges({ loading }: Pick<ChatSnapshot, 'loading'>) {
  const { t } = useTranslation('chat')
  if (loading === null) return null
  return (
    <p
      role="status"
      className={cx(
        'absolute inset-x-0 mx-auto w-fit rounded-full bg-raised px-3 py-1 text-muted text-sm shadow-float',
        loading === 'older' ? 'top-2' : 'bottom-14',
      )}
    >
      {t(loading === 'older' ? 'loadingOlder' : 'loadingNewer')}
    </p>
  )
}
