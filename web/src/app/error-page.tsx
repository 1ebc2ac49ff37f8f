import { useTranslation } from '../i18n/use-translation.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { SidebarButton } from '../ui/sidebar-button.tsx'

/** What stands in place of a page that threw; the detail is one press away for a report. */
export function ErrorPage({ error }: { error: unknown }) {
  const { t } = useTranslation()
  return (
    <div className="flex h-full flex-col">
      <title>{t('appName')}</title>
      <div className="p-2">
        <SidebarButton />
      </div>
      <div className="mx-auto my-auto flex w-full max-w-xl flex-col gap-4 p-6">
        <h1 className="font-semibold text-lg">{t('pageFailedTitle')}</h1>
        <Notice tone="danger">{t('pageFailed')}</Notice>
        <Button variant="primary" className="self-start" onClick={() => location.reload()}>
          {t('reload')}
        </Button>
        <details className="text-muted text-sm">
          <summary>{t('detail')}</summary>
          <pre dir="ltr" className="mt-2 overflow-x-auto whitespace-pre-wrap font-mono">
            {String(error)}
          </pre>
        </details>
      </div>
    </div>
  )
}
