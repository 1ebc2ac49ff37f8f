import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useAccount } from '../../lib/account.tsx'
import { Button } from '../../ui/button.tsx'
import { toast } from '../../ui/toast.tsx'
import { useAccountErrors } from './account-errors.ts'
import { FormNotice } from './form-notice.tsx'
import { PasswordField } from './password-field.tsx'
import { Section } from './section.tsx'

const nothing = { password: '', newPassword: '' }

/** Another password; every other device is signed out by it. */
export function PasswordSection({ email }: { email: string }) {
  const { t } = useTranslation('account')
  const account = useAccount()
  const [given, setGiven] = useState(nothing)
  const change = useMutation({
    mutationFn: () => account.changePassword(given.password, given.newPassword),
    onSuccess: () => {
      setGiven(nothing)
      toast({ text: t('password.changed') })
    },
  })
  const errors = useAccountErrors()(change.error, ['password', 'newPassword'])
  return (
    <Section title={t('password.title')} text={t('password.text')}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (!change.isPending) change.mutate()
        }}
      >
        {/* For password managers: whose password it is. */}
        <input type="text" autoComplete="username" value={email} readOnly hidden />
        <PasswordField
          label={t('password.current')}
          autoComplete="current-password"
          value={given.password}
          error={errors.password}
          onChange={(event) => setGiven({ ...given, password: event.target.value })}
        />
        <PasswordField
          label={t('password.new')}
          hint={t('password.rule')}
          autoComplete="new-password"
          value={given.newPassword}
          error={errors.newPassword}
          onChange={(event) => setGiven({ ...given, newPassword: event.target.value })}
        />
        <FormNotice text={errors.form} />
        <Button type="submit" className="self-start" busy={change.isPending}>
          {t('password.action')}
        </Button>
      </form>
    </Section>
  )
}
