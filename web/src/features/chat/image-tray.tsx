import { attachmentLimits } from '@chatbot-platform/contract'
import { X } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { useProblemText } from '../../lib/problems.ts'
import { useImageUrl } from '../../lib/queries/images.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import type { ComposerImage, ComposerImages, ImageUploads } from './image-uploads.ts'

interface ImageTrayProps {
  chosen: ComposerImages
  uploads: ImageUploads
}

/** The images of the message that is being written, above its text. */
export function ImageTray({ chosen, uploads }: ImageTrayProps) {
  const { t } = useTranslation('images')
  const format = useFormat()
  const { images, isOverfull } = chosen
  return (
    <div className="flex flex-col gap-1 px-1 pt-1">
      <ul aria-label={t('tray')} className="flex flex-wrap gap-2">
        {images.map((image, index) => (
          <Item key={image.key} image={image} index={index + 1} onRemove={() => uploads.remove(image.key)} />
        ))}
      </ul>
      {isOverfull && (
        <p role="alert" className="text-danger text-sm">
          {t('tooMany', { count: format.number(attachmentLimits.perMessage) })}
        </p>
      )}
    </div>
  )
}

function Item({ image, index, onRemove }: { image: ComposerImage; index: number; onRemove: () => void }) {
  const { t } = useTranslation('images')
  const format = useFormat()
  const problemText = useProblemText()
  const stored = useImageUrl(image.url === null ? (image.attachment?.id ?? null) : null)
  const url = image.url ?? stored.url
  const { attachment, error, share } = image
  const name = image.name === '' ? t('image', { index: format.number(index) }) : image.name
  const isUploading = attachment === null && error === null
  return (
    <li className="flex max-w-64 items-center gap-1 rounded-md border border-line bg-panel p-1">
      <span className="relative size-14 shrink-0 overflow-hidden rounded-sm bg-hover">
        {url && <img src={url} alt={name} className="size-full object-cover" />}
        {isUploading && (
          <progress
            aria-label={t('uploading', { name })}
            value={share}
            className="absolute inset-x-1 bottom-1 h-1.5 w-[calc(100%-0.5rem)] accent-accent"
          />
        )}
      </span>
      {error && (
        <span role="alert" className="min-w-0 text-danger text-sm">
          {error.isTooLarge ? t('tooLarge') : problemText(error.cause)}
        </span>
      )}
      <IconButton icon={X} label={t('remove', { name })} onClick={onRemove} />
    </li>
  )
}
