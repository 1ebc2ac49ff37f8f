import { type ReactNode, useState } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import { useCommandKeys } from '../lib/commands.ts'
import { useLocation } from '../lib/router/use-router.tsx'
import { SidebarContext } from '../lib/sidebar.tsx'
import { useMedia, wideScreen } from '../lib/use-media.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Toaster } from '../ui/toast.tsx'
import { CommandCentre } from './command-centre.tsx'
import { DemoBanner } from './demo-banner.tsx'
import { OpenedPassage } from './opened-passage.tsx'
import { Sidebar } from './sidebar.tsx'
import { useArrival } from './use-arrival.ts'

/** The frame of every page: sidebar, or a drawer with it on narrow screens, and the page beside it. */
export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const isWide = useMedia(wideScreen)
  const { key, pathname } = useLocation()
  // The drawer is open on the page it was opened on: going elsewhere closes it.
  const [drawerKey, setDrawerKey] = useState<string | null>(null)
  const arrivedAt = useArrival()
  useCommandKeys()
  const control = { isDrawer: !isWide, open: () => setDrawerKey(key), close: () => setDrawerKey(null) }
  return (
    <SidebarContext value={control}>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:start-2 focus:top-2 focus:z-50 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2 focus:shadow-float"
      >
        {t('skipToContent')}
      </a>
      <div className="flex h-dvh overflow-hidden">
        {isWide ? (
          <aside aria-label={t('sidebar')} className="w-70 shrink-0 border-line border-e bg-panel">
            <Sidebar />
          </aside>
        ) : (
          <Dialog open={drawerKey === key} onClose={control.close} title={t('sidebar')} side="start" isTitleHidden>
            <Sidebar />
          </Dialog>
        )}
        <main id="content" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
          <DemoBanner />
          <div className="min-h-0 flex-1">{children}</div>
        </main>
      </div>
      <OpenedPassage key={pathname} />
      <CommandCentre />
      <Toaster />
      <p aria-live="polite" className="sr-only">
        {arrivedAt}
      </p>
    </SidebarContext>
  )
}
