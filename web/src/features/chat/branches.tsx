import type { Message } from '@chatbot-platform/contract'
import { useQuery } from '@tanstack/react-query'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { useChatControl } from './chat-context.ts'
import { useIsRunning } from './use-is-running.ts'

/** Arrows between the versions of a message, `‹ 2/3 ›`; nothing where there is only one. */
export function Branches({ message }: { message: Message }) {
  const { t } = useTranslation('chat')
  const { chat } = useChatControl()
  const format = useFormat()
  const isRunning = useIsRunning()
  const { data: versions = [] } = useQuery({
    queryKey: ['siblings', message.chat_session_id, message.parent_id],
    queryFn: () => chat.siblings(message.id),
    enabled: message.forked,
    // Others may have been written since.
    staleTime: 0,
  })
  const index = versions.findIndex(({ id }) => id === message.id)
  if (!message.forked || index < 0 || versions.length < 2) return null
  const go = (step: number) => {
    const version = versions[index + step]
    if (version) void chat.select(version.id)
  }
  const shown = { index: format.number(index + 1), total: format.number(versions.length) }
  return (
    <fieldset aria-label={t('message.version', shown)} className="flex items-center text-muted text-sm">
      <IconButton
        icon={ChevronLeft}
        label={t('message.previous')}
        className="rtl:-scale-x-100"
        disabled={isRunning || index === 0}
        onClick={() => go(-1)}
      />
      <span aria-hidden className="tabular-nums">
        {shown.index}/{shown.total}
      </span>
      <IconButton
        icon={ChevronRight}
        label={t('message.next')}
        className="rtl:-scale-x-100"
        disabled={isRunning || index === versions.length - 1}
        onClick={() => go(1)}
      />
    </fieldset>
  )
}
