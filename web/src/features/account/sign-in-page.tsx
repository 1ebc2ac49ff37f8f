import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useAccount } from '../../lib/account.tsx'
import { Link } from '../../lib/router/link.tsx'
import { useLocation } from '../../lib/router/use-router.tsx'
import { useAccountErrors } from './account-errors.ts'
import { AccountForm } from './account-form.tsx'
import { AuthCard, linkClass } from './auth-card.tsx'
import { EmailField } from './email-field.tsx'
import { PasswordField } from './password-field.tsx'

/** Signs in; the frame of these pages then leads on to where `?next=` says. */
export function SignInPage() {
  const { t } = useTranslation('account')
  const account = useAccount()
  const { search } = useLocation()
  const [given, setGiven] = useState({ email: '', password: '' })
  const signIn = useMutation({ mutationFn: () => account.login(given.email, given.password) })
  const errors = useAccountErrors()(signIn.error, ['email', 'password'])
  return (
    <AuthCard
      title={t('signIn.title')}
      footer={
        <>
          {t('signIn.noAccount')}{' '}
          <Link to={`/app/register${search}`} className={linkClass}>
            {t('signIn.toRegister')}
          </Link>
        </>
      }
    >
      <AccountForm sending={signIn} error={errors.form} action={t('signIn.action')} busyAction={t('signIn.busy')}>
        <EmailField
          label={t('email.label')}
          autoComplete="username"
          autoFocus
          value={given.email}
          error={errors.email}
          onChange={(event) => setGiven({ ...given, email: event.target.value })}
        />
        <PasswordField
          label={t('password.label')}
          autoComplete="current-password"
          value={given.password}
          error={errors.password}
          onChange={(event) => setGiven({ ...given, password: event.target.value })}
        />
      </AccountForm>
    </AuthCard>
  )
}
