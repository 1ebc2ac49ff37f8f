import { ErrorBoundary } from '../lib/router/error-boundary.tsx'
import { useRouter } from '../lib/router/use-router.tsx'
import { ErrorPage } from './error-page.tsx'
import { Splash } from './splash.tsx'

/** The page that the address names, in its frame; where one of them throws, what there is to say about it. */
export function CurrentPage() {
  const { location, Frame, Page } = useRouter().place
  if (!Page) return <Splash />
  return (
    <ErrorBoundary
      place={location}
      fallback={(error) => (
        <main className="h-dvh">
          <ErrorPage error={error} />
        </main>
      )}
    >
      <Frame>
        <ErrorBoundary place={location} fallback={(error) => <ErrorPage error={error} />}>
          <Page />
        </ErrorBoundary>
      </Frame>
    </ErrorBoundary>
  )
}
