import { createBrowserRouter, Navigate, type RouteObject } from 'react-router'
import { ErrorPage } from './error-page.tsx'
import { NotFoundPage } from './not-found-page.tsx'
import { SignedIn } from './signed-in.tsx'
import { SignedOut } from './signed-out.tsx'
import { Splash } from './splash.tsx'

/**
 * The pages. They stand under `/app`, so that no page ever has the address of an endpoint; each is loaded when it is
 * first shown.
 */
const routes: RouteObject[] = [
  { path: '/', element: <Navigate to="/app" replace /> },
  {
    path: '/app',
    errorElement: (
      <main className="h-dvh">
        <ErrorPage />
      </main>
    ),
    HydrateFallback: Splash,
    children: [
      {
        element: <SignedOut />,
        children: [
          {
            path: 'sign-in',
            lazy: { Component: async () => (await import('../features/account/sign-in-page.tsx')).SignInPage },
          },
          {
            path: 'register',
            lazy: { Component: async () => (await import('../features/account/register-page.tsx')).RegisterPage },
          },
        ],
      },
      {
        element: <SignedIn />,
        children: [
          {
            errorElement: <ErrorPage />,
            children: [
              {
                index: true,
                lazy: { Component: async () => (await import('../features/bots/home-page.tsx')).HomePage },
              },
              {
                path: 'bots',
                lazy: { Component: async () => (await import('../features/bots/bots-page.tsx')).BotsPage },
              },
              {
                path: 'bots/new',
                lazy: { Component: async () => (await import('../features/bots/new-bot-page.tsx')).NewBotPage },
              },
              {
                path: 'bots/:projectId',
                lazy: { Component: async () => (await import('../features/bots/bot-page.tsx')).BotPage },
              },
              {
                path: 'bots/:projectId/prompt',
                lazy: { Component: async () => (await import('./prompt-route.tsx')).PromptRoute },
              },
              {
                path: 'chat/:projectId/:sessionId?',
                lazy: { Component: async () => (await import('./chat-route.tsx')).ChatRoute },
              },
              {
                path: 'search',
                lazy: { Component: async () => (await import('../features/search/search-page.tsx')).SearchPage },
              },
              {
                path: 'usage',
                lazy: { Component: async () => (await import('../features/usage/usage-page.tsx')).UsagePage },
              },
              {
                path: 'account',
                lazy: { Component: async () => (await import('../features/account/account-page.tsx')).AccountPage },
              },
              { path: '*', element: <NotFoundPage /> },
            ],
          },
        ],
      },
    ],
  },
  {
    path: '*',
    element: (
      <main className="h-dvh">
        <NotFoundPage />
      </main>
    ),
  },
]

export function createRouter() {
  return createBrowserRouter(routes)
}
