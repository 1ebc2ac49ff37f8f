import { CloudOff } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import { useAccount } from '../lib/account.tsx'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'

/** In place of every page while nobody answers and nobody knows who is signed in; the account core goes on trying. */
export function UnreachablePage() {
  const { t } = useTranslation()
  const account = useAccount()
  const [isTrying, setTrying] = useState(false)
  const tryNow = async () => {
    setTrying(true)
    await account.start()
    setTrying(false)
  }
  return (
    <main className="flex h-dvh flex-col justify-center">
      <title>{t('appName')}</title>
      <EmptyState
        icon={CloudOff}
        title={t('unreachable.title')}
        text={t('unreachable.text')}
        action={
          <Button busy={isTrying} onClick={() => void tryNow()}>
            {t('unreachable.action')}
          </Button>
        }
      />
    </main>
  )
}
