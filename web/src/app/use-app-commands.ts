import { lastBot } from '../features/bots/last-bot.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { useSignOut } from '../lib/account.tsx'
import type { Command } from '../lib/commands.ts'
import { useProblemText } from '../lib/problems.ts'
import { useProjects } from '../lib/queries/projects.ts'
import { useNavigate, useParams } from '../lib/router/use-router.tsx'
import { useTheme } from '../lib/theme.ts'
import { toast } from '../ui/toast.tsx'

/** More bots than this are found on their page. */
const maxBots = 200

/** What can be done from every page: begin a chat with a bot, go somewhere, change the theme, sign out. */
export function useAppCommands(): Command[] {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const problemText = useProblemText()
  const signOut = useSignOut()
  const [, setTheme] = useTheme()
  const { projectId } = useParams()
  const { data: projects = [] } = useProjects()
  const go = (path: string) => () => void navigate(path)
  const chatWith = projectId ?? lastBot(projects)?.id
  // Both shortcuts are known from other chat apps, and belong to those of the browser's own (bookmarks; nothing) that a
  // page may take. Those that it may not, Ctrl N, T and W with or without Shift, are left alone.
  const newChat = {
    id: 'new-chat',
    label: t('commands.newChat'),
    keys: 'mod+shift+o',
    run: go(`/app/chat/${chatWith}`),
  }
  const knowledge = {
    id: 'knowledge',
    label: t('commands.knowledge'),
    run: go(`/app/bots/${projectId}/knowledge`),
  }
  const commands: Command[] = [
    ...(chatWith ? [newChat] : []),
    ...(projectId ? [knowledge] : []),
    { id: 'search', label: t('nav.search'), keys: 'mod+shift+f', run: go('/app/search') },
    { id: 'bots', label: t('nav.bots'), run: go('/app/bots') },
    { id: 'new-bot', label: t('commands.newBot'), run: go('/app/bots/new') },
    { id: 'usage', label: t('nav.usage'), run: go('/app/usage') },
    { id: 'account', label: t('nav.account'), run: go('/app/account') },
    { id: 'theme-system', label: t('commands.theme.system'), run: () => setTheme('system') },
    { id: 'theme-light', label: t('commands.theme.light'), run: () => setTheme('light') },
    { id: 'theme-dark', label: t('commands.theme.dark'), run: () => setTheme('dark') },
    {
      id: 'sign-out',
      label: t('commands.signOut'),
      run: () => void signOut().catch((error: unknown) => toast({ text: problemText(error) })),
    },
    ...projects.slice(0, maxBots).map(({ id, name }) => ({
      id: `bot-${id}`,
      label: name,
      kind: t('commands.chatWith'),
      run: go(`/app/chat/${id}`),
    })),
  ]
  return commands.map((command) => ({ ...command, isEverywhere: true }))
}
