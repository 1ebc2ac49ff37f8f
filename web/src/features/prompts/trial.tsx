import { X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useMedia } from '../../lib/use-media.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { IconButton } from '../../ui/icon-button.tsx'

/** Below this the trial chat covers the page; above, both have room. */
const roomForBoth = '(min-width: 1280px)'

export interface Trial {
  /** The version that is being tried. */
  promptId: string | null
  open: (promptId: string) => void
  close: () => void
}

export function useTrial(): Trial {
  const [promptId, setPromptId] = useState<string | null>(null)
  return { promptId, open: setPromptId, close: () => setPromptId(null) }
}

interface TrialFrameProps {
  trial: Trial
  chat: ((promptId: string) => ReactNode) | undefined
  children: ReactNode
}

/** The page, and beside it or above it the chat with the version that is being tried. */
export function TrialFrame({ trial, chat, children }: TrialFrameProps) {
  const { t } = useTranslation('bots')
  const hasRoom = useMedia(roomForBoth)
  const { promptId, close } = trial
  const shown = promptId !== null && chat ? chat(promptId) : null
  return (
    <div className="flex h-full">
      <div className="min-w-0 flex-1">{children}</div>
      {shown && hasRoom && (
        <aside aria-label={t('prompts.tryTitle')} className="flex w-[26rem] shrink-0 flex-col border-line border-s">
          <div className="flex items-center justify-between gap-2 px-4 pt-3">
            <h2 className="font-semibold">{t('prompts.tryTitle')}</h2>
            <IconButton icon={X} label={t('prompts.closeTry')} onClick={close} />
          </div>
          <div className="min-h-0 flex-1">{shown}</div>
        </aside>
      )}
      {shown && !hasRoom && (
        <Dialog open onClose={close} title={t('prompts.tryTitle')} side="end">
          <div className="min-h-0 flex-1">{shown}</div>
        </Dialog>
      )}
    </div>
  )
}
