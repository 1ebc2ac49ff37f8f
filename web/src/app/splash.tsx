import { useTranslation } from '../i18n/use-translation.ts'
import { Mark } from '../ui/mark.tsx'

/** While it is not known yet which page to show; seen only when that takes long. */
export function Splash() {
  const { t } = useTranslation()
  return (
    <div role="status" className="flex h-dvh items-center justify-center">
      <span className="animate-appear-late">
        <Mark className="animate-skeleton size-10" />
      </span>
      <span className="sr-only">{t('loading')}</span>
    </div>
  )
}
