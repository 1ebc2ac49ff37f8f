import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useAccount } from '../../lib/account.tsx'
import { toast } from '../../ui/toast.tsx'
import { useAccountErrors } from './account-errors.ts'
import { AccountForm } from './account-form.tsx'
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
      <AccountForm sending={change} error={errors.form} action={t('password.action')}>
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
      </AccountForm>
    </Section>
  )
}
