import type { ComponentType, ReactNode } from 'react'
import { loadAllTexts } from '../i18n/index.ts'
import { Redirect } from '../lib/router/link.tsx'
import type { Route } from '../lib/router/pages.ts'
import { createRouter, type Router } from '../lib/router/router.ts'
import { SignedIn } from './signed-in.tsx'
import { SignedOut } from './signed-out.tsx'

const notFound = async () => (await import('./not-found-page.tsx')).NotFoundPage

/**
 * The pages. They stand under `/app`, so that no page ever has the address of an endpoint; each is loaded when it is
 * first shown.
 */
const routes: Route[] = [
  { path: '/', Frame: Bare, load: async () => () => <Redirect to="/app" /> },
  {
    path: '/app/sign-in',
    Frame: SignedOut,
    load: withAllTexts(async () => (await import('../features/account/sign-in-page.tsx')).SignInPage),
  },
  {
    path: '/app/register',
    Frame: SignedOut,
    load: withAllTexts(async () => (await import('../features/account/register-page.tsx')).RegisterPage),
  },
  {
    path: '/app',
    Frame: SignedIn,
    load: withAllTexts(async () => (await import('../features/bots/home-page.tsx')).HomePage),
  },
  {
    path: '/app/bots',
    Frame: SignedIn,
    load: withAllTexts(async () => (await import('../features/bots/bots-page.tsx')).BotsPage),
  },
  {
    path: '/app/bots/new',
    Frame: SignedIn,
    load: withAllTexts(async () => (await import('../features/bots/new-bot-page.tsx')).NewBotPage),
  },
  {
    path: '/app/bots/:projectId',
    Frame: SignedIn,
    load: withAllTexts(async () => (await import('../features/bots/bot-page.tsx')).BotPage),
  },
  {
    path: '/app/bots/:projectId/prompt',
    Frame: SignedIn,
    load: withAllTexts(async () => (await import('./prompt-route.tsx')).PromptRoute),
  },
  {
    path: '/app/bots/:projectId/knowledge',
    Frame: SignedIn,
    load: withAllTexts(async () => (await import('../features/knowledge/knowledge-page.tsx')).KnowledgePage),
  },
  {
    path: '/app/bots/:projectId/knowledge/:fileId',
    Frame: SignedIn,
    load: withAllTexts(async () => (await import('../features/knowledge/file-page.tsx')).FilePage),
  },
  {
    path: '/app/chat/:projectId/:sessionId?',
    Frame: SignedIn,
    load: async () => (await import('./chat-route.tsx')).ChatRoute,
  },
  {
    path: '/app/search',
    Frame: SignedIn,
    load: withAllTexts(async () => (await import('../features/search/search-page.tsx')).SearchPage),
  },
  {
    path: '/app/usage',
    Frame: SignedIn,
    load: withAllTexts(async () => (await import('../features/usage/usage-page.tsx')).UsagePage),
  },
  {
    path: '/app/account',
    Frame: SignedIn,
    load: withAllTexts(async () => (await import('../features/account/account-page.tsx')).AccountPage),
  },
  { path: '/app/*', Frame: SignedIn, load: notFound },
  { path: '/*', Frame: Bare, load: notFound },
]

export function createAppRouter(): Router {
  return createRouter(routes)
}

/** The texts that a conversation does without come together with the page. */
function withAllTexts(load: () => Promise<ComponentType>): () => Promise<ComponentType> {
  return async () => {
    const [Page] = await Promise.all([load(), loadAllTexts()])
    return Page
  }
}

/** For addresses that are none of the app's. */
function Bare({ children }: { children: ReactNode }) {
  return <main className="h-dvh">{children}</main>
}
