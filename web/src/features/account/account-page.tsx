import { useTranslation } from '../../i18n/use-translation.ts'
import { useAccountState } from '../../lib/account.tsx'
import { type Theme, useTheme } from '../../lib/theme.ts'
import { buttonClass } from '../../ui/button.tsx'
import { Page } from '../../ui/page.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { DeleteSection } from './delete-section.tsx'
import { EmailSection } from './email-section.tsx'
import { LanguageSelect } from './language-select.tsx'
import { PasswordSection } from './password-section.tsx'
import { Section } from './section.tsx'
import { SignOutSection } from './sign-out-section.tsx'

const themes: Theme[] = ['system', 'light', 'dark']

/** What belongs to the person rather than to a bot. */
export function AccountPage() {
  const { t } = useTranslation('account')
  const { user } = useAccountState()
  const [theme, setTheme] = useTheme()
  if (!user) return null
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Section title={t('theme.title')} text={t('theme.text')}>
        <Segmented
          label={t('theme.title')}
          value={theme}
          options={themes.map((value) => ({ value, label: t(`theme.${value}`) }))}
          onChange={setTheme}
        />
      </Section>
      <Section title={t('language.title')} text={t('language.text')}>
        <LanguageSelect />
      </Section>
      <EmailSection email={user.email} />
      <PasswordSection email={user.email} />
      <SignOutSection />
      <Section title={t('api.title')} text={t('api.text')}>
        <a href="/docs" className={buttonClass()}>
          {t('api.action')}
        </a>
      </Section>
      <DeleteSection email={user.email} />
    </Page>
  )
}
