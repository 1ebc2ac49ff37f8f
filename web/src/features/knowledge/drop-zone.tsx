import type { KnowledgeSummary } from '@chatbot-platform/contract'
import { FolderUp, Upload } from 'lucide-react'
import { type ChangeEvent, useRef } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { useFormat } from '../../lib/format.ts'
import { Button } from '../../ui/button.tsx'
import { toast } from '../../ui/toast.tsx'
import { filesOfFolder, type GivenFiles } from './dropped-files.ts'
import { useBytes } from './file-words.ts'
import { useFileDrop } from './use-file-drop.ts'

/** Not among the attributes that React's types know. */
const folders = { webkitdirectory: '' }

interface DropZoneProps {
  limits: KnowledgeSummary['limits'] | undefined
  onFiles: (files: File[]) => void
}

/** Where documents come in: dropped anywhere on the page, or chosen here, one by one or a whole folder. */
export function DropZone({ limits, onFiles }: DropZoneProps) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const bytes = useBytes()
  const filePicker = useRef<HTMLInputElement>(null)
  const folderPicker = useRef<HTMLInputElement>(null)
  const take = ({ files, isCut }: GivenFiles) => {
    if (files.length === 0) toast({ text: t('drop.nothing') })
    else onFiles(files)
    if (isCut) toast({ text: t('drop.cut', { count: files.length, shown: format.number(files.length) }) })
  }
  const isOver = useFileDrop(take)
  const choose = (filesOf: (list: FileList) => GivenFiles) => (event: ChangeEvent<HTMLInputElement>) => {
    const { files } = event.target
    if (files && files.length > 0) take(filesOf(files))
    // The same file may be chosen again.
    event.target.value = ''
  }
  const hidden = { type: 'file', multiple: true, tabIndex: -1, className: 'hidden' } as const
  return (
    <div
      data-over={isOver || undefined}
      className={cx(
        'flex flex-col items-center gap-3 rounded-lg border border-edge border-dashed px-4 py-6 text-center transition-colors',
        isOver && 'border-accent bg-accent-soft',
      )}
    >
      <p className="font-medium pointer-coarse:hidden">{t(isOver ? 'drop.release' : 'drop.title')}</p>
      <div className="flex flex-wrap justify-center gap-2">
        <Button variant="primary" onClick={() => filePicker.current?.click()}>
          <Upload size={16} strokeWidth={1.75} aria-hidden />
          {t('drop.files')}
        </Button>
        <Button onClick={() => folderPicker.current?.click()}>
          <FolderUp size={16} strokeWidth={1.75} aria-hidden />
          {t('drop.folder')}
        </Button>
      </div>
      <p className="max-w-prose text-balance text-muted text-sm">
        {t('drop.kinds')} {limits && t('limits.size', { size: bytes(limits.file_bytes) })}
      </p>
      <input
        {...hidden}
        ref={filePicker}
        aria-label={t('drop.files')}
        onChange={choose((list) => ({ files: [...list], isCut: false }))}
      />
      <input
        {...hidden}
        ref={folderPicker}
        aria-label={t('drop.folder')}
        {...folders}
        onChange={choose(filesOfFolder)}
      />
    </div>
  )
}
