import { X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import { useIsDemo } from '../lib/queries/models.ts'
import { storage } from '../lib/storage.ts'
import { IconButton } from '../ui/icon-button.tsx'

/** Says that no real model is set up, and how to change that; gone for this device once dismissed. */
export function DemoBanner() {
  const { t } = useTranslation()
  const isDemo = useIsDemo()
  const [isDismissed, setDismissed] = useState(storage?.getItem('demo-banner') === 'dismissed')
  if (!isDemo || isDismissed) return null
  return (
    <div className="flex items-center gap-3 border-line border-b bg-panel px-4 py-1 text-muted text-sm">
      <p className="flex-1 py-1">{t('demo.text')}</p>
      <IconButton
        icon={X}
        label={t('dismiss')}
        onClick={() => {
          storage?.setItem('demo-banner', 'dismissed')
          setDismissed(true)
        }}
      />
    </div>
  )
}
