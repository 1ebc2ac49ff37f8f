import { globSync, readFileSync } from 'node:fs'

/** The tests of the API: what speaks to the server over HTTP alone. */
const folders = [
  'client/test',
  ...['attachments', 'audit', 'auth', 'budgets', 'chat', 'files', 'isolation', 'knowledge', 'limits', 'prompts'].map(
    (name) => `server/test/${name}`,
  ),
  ...['races', 'sessions', 'sources', 'tenancy', 'usage'].map((name) => `server/test/${name}`),
]

/** Files of these folders that are not run through replicas, each with its reason. */
const elsewhere: Record<string, string> = {
  'server/test/isolation/bugs.test.ts': 'spoils the statements of its own process',
  'server/test/limits/request-limits.test.ts':
    'claims addresses, which nginx replaces, and wants counts to be exact; shared-limits.test.ts asks several processes',
  'server/test/sessions/search-index.test.ts':
    'looks at the plans and rows of the index, and fills it itself; search.test.ts asks the API',
}

const startsAnApp = /startTestApp|startAuthApp|startSourcesApp/

/** `npm run test:replicas`: every file of the API's tests that starts a server. */
export function replicaSuite(): string[] {
  return globSync(folders.map((folder) => `${folder}/*.test.ts`))
    .filter((path) => !(path in elsewhere) && startsAnApp.test(readFileSync(path, 'utf8')))
    .sort()
}

/** `npm test`: the part of it in which processes have most to do with each other. */
export const replicaSample = [
  'server/test/auth/sign-out.test.ts',
  'server/test/chat/stream.test.ts',
  'server/test/races/cancel.test.ts',
  'server/test/races/idempotency.test.ts',
]
