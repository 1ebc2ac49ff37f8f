import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useAccount } from '../../lib/account.tsx'
import { toast } from '../../ui/toast.tsx'
import { useAccountErrors } from './account-errors.ts'
import { AccountForm } from './account-form.tsx'
import { EmailField } from './email-field.tsx'
import { PasswordField } from './password-field.tsx'
import { Section } from './section.tsx'

const nothing = { email: '', password: '' }

/** The address to sign in with, and another one. */
export function EmailSection({ email }: { email: string }) {
  const { t } = useTranslation('account')
  const account = useAccount()
  const [given, setGiven] = useState(nothing)
  const change = useMutation({
    mutationFn: () => account.updateEmail(given.email, given.password),
    onSuccess: () => {
      setGiven(nothing)
      toast({ text: t('email.changed') })
    },
  })
  const errors = useAccountErrors()(change.error, ['email', 'password'])
  return (
    <Section
      title={t('email.title')}
      text={
        <>
          {t('email.current')} <bdi className="font-medium text-text">{email}</bdi>
        </>
      }
    >
      <AccountForm sending={change} error={errors.form} action={t('email.action')}>
        <EmailField
          label={t('email.new')}
          autoComplete="email"
          value={given.email}
          error={errors.email}
          onChange={(event) => setGiven({ ...given, email: event.target.value })}
        />
        <PasswordField
          label={t('password.current')}
          autoComplete="current-password"
          value={given.password}
          error={errors.password}
          onChange={(event) => setGiven({ ...given, password: event.target.value })}
        />
      </AccountForm>
    </Section>
  )
}
