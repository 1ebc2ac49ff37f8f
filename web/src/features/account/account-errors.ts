import { ApiError } from '@chatbot-platform/client'
import { useTranslation } from '../../i18n/use-translation.ts'
import { fieldError, useProblemText } from '../../lib/problems.ts'

/** The fields of the account's forms; `password` is the one that the person has, `newPassword` the one they want. */
export type AccountField = 'email' | 'password' | 'newPassword'

/** What went wrong, said where it went wrong: at a field, or for the form as a whole. */
export type AccountErrors = Partial<Record<AccountField | 'form', string>>

/** What the server calls each of them. */
const names: Record<AccountField, string[]> = {
  email: ['email', 'username'],
  password: ['password', 'current_password'],
  newPassword: ['password', 'new_password'],
}

/** Refusals that are about one field. `forbidden` is the answer to a wrong current password. */
const places: Partial<Record<string, AccountField>> = {
  email_taken: 'email',
  invalid_credentials: 'password',
  forbidden: 'password',
}

/** Turns what a form's request threw into sentences for the fields that this form has. */
export function useAccountErrors(): (error: unknown, fields: AccountField[]) => AccountErrors {
  const { t } = useTranslation('account')
  const problemText = useProblemText()
  const rules: Record<AccountField, string> = {
    email: t('email.invalid'),
    password: t('password.missing'),
    newPassword: t('password.rule'),
  }
  return (error, fields) => {
    if (!error) return {}
    const code = error instanceof ApiError ? error.problem.code : ''
    const place = fields.find((field) => field === places[code])
    if (place) return { [place]: code === 'forbidden' ? t('password.wrong') : problemText(error) }
    const broken = fields.filter((field) => names[field].some((name) => fieldError(error, name)))
    if (broken.length === 0) return { form: problemText(error) }
    return Object.fromEntries(broken.map((field) => [field, rules[field]]))
  }
}
