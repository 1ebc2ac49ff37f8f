import type { Attachment } from '@chatbot-platform/contract'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { useImageUrl } from '../../lib/queries/images.ts'
import { Dialog } from '../../ui/dialog.tsx'

/** The images that a question was sent with; pressed, one is shown as large as the window allows. */
export function MessageImages({ images }: { images: readonly Attachment[] }) {
  const { t } = useTranslation('images')
  return (
    <ul aria-label={t('list')} className="mb-1 flex max-w-[85%] flex-wrap justify-end gap-2">
      {images.map((image, index) => (
        <li key={image.id}>
          <MessageImage image={image} index={index + 1} />
        </li>
      ))}
    </ul>
  )
}

function MessageImage({ image, index }: { image: Attachment; index: number }) {
  const { t } = useTranslation('images')
  const format = useFormat()
  const [isLarge, setLarge] = useState(false)
  const { url, isMissing } = useImageUrl(image.id)
  const name = t('image', { index: format.number(index) })
  // Their place is kept while they are on their way, so that nothing moves.
  const place = 'flex size-28 items-center justify-center overflow-hidden rounded-lg border border-line bg-hover'
  if (isMissing) return <p className={`${place} p-2 text-center text-muted text-sm`}>{t('missing')}</p>
  return (
    <>
      <button
        type="button"
        aria-label={t('enlarge', { name })}
        className={place}
        disabled={url === null}
        onClick={() => setLarge(true)}
      >
        {url && <img src={url} alt={name} className="size-full object-cover" />}
      </button>
      <Dialog open={isLarge} onClose={() => setLarge(false)} title={name} className="w-fit! max-w-[calc(100vw-2rem)]">
        {url && (
          <img
            src={url}
            alt={name}
            width={image.width}
            height={image.height}
            className="m-4 h-auto max-h-[calc(100dvh-8rem)] w-auto max-w-[calc(100%-2rem)] object-contain"
          />
        )}
      </Dialog>
    </>
  )
}
