import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useSignOut } from '../../lib/account.tsx'
import { useProblemText } from '../../lib/problems.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { FormNotice } from './form-notice.tsx'
import { Section } from './section.tsx'

/** Signs out this device, or all of them. */
export function SignOutSection() {
  const { t } = useTranslation('account')
  const problemText = useProblemText()
  const signOut = useSignOut()
  const [isAsking, setAsking] = useState(false)
  const here = useMutation({ mutationFn: () => signOut() })
  const everywhere = useMutation({ mutationFn: () => signOut({ all: true }) })
  return (
    <Section title={t('signOut.title')} text={t('signOut.text')}>
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap gap-2">
          <Button busy={here.isPending} onClick={() => here.mutate()}>
            {t('signOut.here')}
          </Button>
          <Button onClick={() => setAsking(true)}>{t('signOut.everywhere')}</Button>
        </div>
        <FormNotice text={here.error ? problemText(here.error) : undefined} />
      </div>
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => everywhere.mutate()}
        title={t('signOut.everywhereTitle')}
        text={t('signOut.everywhereText')}
        confirmLabel={t('signOut.everywhere')}
        busy={everywhere.isPending}
        error={everywhere.error ? problemText(everywhere.error) : undefined}
      />
    </Section>
  )
}
