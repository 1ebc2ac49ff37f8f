import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useAccount } from '../../lib/account.tsx'
import { useProblemText } from '../../lib/problems.ts'
import { forgetPerson } from '../../lib/storage.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { toast } from '../../ui/toast.tsx'
import { Section } from './section.tsx'

/** Deletes the account, once its address has been typed. */
export function DeleteSection({ email }: { email: string }) {
  const { t } = useTranslation('account')
  const account = useAccount()
  const problemText = useProblemText()
  const [isAsking, setAsking] = useState(false)
  const remove = useMutation({
    mutationFn: () => account.remove(),
    onSuccess: () => {
      forgetPerson()
      toast({ text: t('delete.done') })
    },
  })
  return (
    <Section title={t('delete.title')} text={t('delete.text')}>
      <Button variant="danger" onClick={() => setAsking(true)}>
        {t('delete.action')}
      </Button>
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => remove.mutate()}
        title={t('delete.title')}
        text={t('delete.confirm')}
        confirmLabel={t('delete.action')}
        busy={remove.isPending}
        error={remove.error ? problemText(remove.error) : undefined}
        typed={email}
      />
    </Section>
  )
}
