import { Plus } from 'lucide-react'
import { useRef } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { IconButton } from '../../ui/icon-button.tsx'

const imageTypes = 'image/png,image/jpeg,image/webp,image/gif'

interface AttachButtonProps {
  isFull: boolean
  onChoose: (files: File[]) => void
}

/** Chooses images for the message that is being written. */
export function AttachButton({ isFull, onChoose }: AttachButtonProps) {
  const { t } = useTranslation('chat')
  const field = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={field}
        type="file"
        accept={imageTypes}
        multiple
        hidden
        aria-label={t('composer.attach')}
        onChange={({ currentTarget }) => {
          onChoose(Array.from(currentTarget.files ?? []))
          // The same image can be chosen again.
          currentTarget.value = ''
        }}
      />
      <IconButton
        icon={Plus}
        label={t('composer.attach')}
        disabled={isFull}
        className="size-9"
        onClick={() => field.current?.click()}
      />
    </>
  )
}
