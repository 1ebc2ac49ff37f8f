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

/** Makes an account and signs in with it. */
export function RegisterPage() {
  const { t } = useTranslation('account')
  const account = useAccount()
  const { search } = useLocation()
  const [given, setGiven] = useState({ email: '', password: '' })
  const register = useMutation({ mutationFn: () => account.register(given.email, given.password) })
  const errors = useAccountErrors()(register.error, ['email', 'newPassword'])
  return (
    <AuthCard
      title={t('register.title')}
      footer={
        <>
          {t('register.hasAccount')}{' '}
          <Link to={`/app/sign-in${search}`} className={linkClass}>
            {t('register.toSignIn')}
          </Link>
        </>
      }
    >
      <AccountForm sending={register} error={errors.form} action={t('register.action')} busyAction={t('register.busy')}>
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
          hint={t('password.rule')}
          autoComplete="new-password"
          value={given.password}
          error={errors.newPassword}
          onChange={(event) => setGiven({ ...given, password: event.target.value })}
        />
      </AccountForm>
    </AuthCard>
  )
}
