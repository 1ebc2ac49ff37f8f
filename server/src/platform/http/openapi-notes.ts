import type { contract, ErrorCode } from '@chatbot-platform/contract'

type Groups = typeof contract

/** The name of an endpoint, such as `projects.create`. */
export type OperationName = { [G in keyof Groups]: `${G}.${keyof Groups[G] & string}` }[keyof Groups]

export interface OperationNote {
  /** More than the summary says; Markdown. */
  description?: string
  /** Errors beside those that follow from the endpoint's shape. */
  errors?: ErrorCode[]
  /** Request headers it reads, with their meaning. */
  headers?: Record<string, string>
  /** A body that works as it stands. */
  example?: unknown
  /** How the refresh cookie changes. */
  cookie?: 'set' | 'cleared'
}

/** What each group of operations is about. */
export const tagNotes: Record<string, string> = {
  Health: 'For load balancers and monitoring; open to everybody.',
  Authentication:
    'Sign in for a short-lived access token, sent as `Authorization: Bearer <token>`. A rotating refresh token ' +
    'travels in an HttpOnly cookie and gets the next one.',
  Users: 'The account of the caller.',
  Projects: 'A project is a chatbot: its name, its model settings, and the prompts and conversations below it.',
  Knowledge:
    'Documents that a project answers from: PDF, DOCX, XLSX, PPTX, Markdown, HTML, CSV, text and JSON. They are read in ' +
    'the background and found passage by passage.',
  Prompts:
    'System prompts are immutable versions of a project. One is active at a time and opens every conversation with ' +
    'the model; the others are drafts and history.',
  Chat: 'Send a message and get the answer. An answer belongs to the server: it goes on when its reader leaves.',
  Sessions: 'Conversations, kept until they are deleted.',
  Search: 'Full-text search in all conversations of the workspace.',
  Feedback: 'What people think of answers.',
  Models: 'What the configured providers offer.',
  Audit:
    'Sign-ins, deletions and exports: who did what and when, in ids and without any content. Rows are never changed.',
  Budgets:
    'Limits on what a workspace and its projects may use in a day and a month, in tokens and in US dollars. A turn that ' +
    'may take more than is left is refused with 402 before the model is asked.',
  Usage: 'What turns took in tokens and money, from a ledger that outlives sessions and projects.',
}

const providerErrors: ErrorCode[] = [
  'provider_error',
  'provider_refused',
  'provider_auth',
  'provider_model_not_found',
  'provider_context_length',
  'provider_content_filter',
  'provider_bad_response',
  'provider_truncated',
  'provider_rate_limited',
  'provider_unavailable',
  'provider_not_configured',
  'provider_timeout',
]

/** Of a turn, whether it begins with a question or beside another answer. */
const turnErrors: ErrorCode[] = ['not_found', 'session_busy', 'interrupted', 'shutting_down', ...providerErrors]

/** What the events of a streamed answer are, by name. */
export const eventNotes = `One server-sent event per line of this table; the JSON is its \`data\`. Comment lines
(\`: ping\`) keep the connection open. Ignore names you do not know.

| \`event\` | when | \`data\` |
|---|---|---|
| \`accepted\` | first, once both messages are stored | \`session_id\`, \`message\`, \`assistant_message\` |
| \`delta\` | more text; its \`id\` is the offset after it, in UTF-16 units | \`text\` |
| \`status\` | the answer waits for its provider | \`state\`, \`ahead\`, \`retry_at\` |
| \`citations\` | before the text, where the project has documents: the passages that the answer is given | \`citations\` |
| \`done\` | last, the answer is complete | \`assistant_message\` |
| \`error\` | last, it failed; the text so far is kept | \`code\`, \`detail\`, \`retryable\`, \`assistant_message\` |
| \`cancelled\` | last, somebody stopped it; the text so far is kept | \`assistant_message\` |`

/** What the contract's data does not say about an operation. */
export const operationNotes: Partial<Record<OperationName, OperationNote>> = {
  'health.ready': {
    description: 'Answers 503 with the same body while a part is missing and while the server shuts down.',
  },
  'auth.register': {
    description: 'Where the operator has closed registration, accounts are made on the command line.',
    errors: ['email_taken', 'registration_closed', 'rate_limited'],
    example: { email: 'user@example.com', password: 'securepassword123' },
  },
  'auth.login': {
    description: 'The answer is the same for an unknown address and for a wrong password.',
    errors: ['invalid_credentials', 'account_disabled', 'forbidden', 'rate_limited'],
    example: { username: 'user@example.com', password: 'securepassword123' },
    cookie: 'set',
  },
  'auth.refresh': {
    description:
      'Each refresh token works once and is replaced; within 30 seconds the old one still works, for two tabs and ' +
      'lost answers. Later use of an old one signs the device out. Pages of foreign origins are refused.',
    errors: ['refresh_token_invalid', 'forbidden'],
    cookie: 'set',
  },
  'auth.logout': {
    description: 'Ends the sign-in of the refresh cookie or of the access token, whichever is sent. Always succeeds.',
    errors: ['forbidden'],
    cookie: 'cleared',
  },
  'auth.password': {
    errors: ['conflict', 'forbidden', 'rate_limited'],
    example: { current_password: 'securepassword123', new_password: 'a longer secure password' },
    cookie: 'set',
  },
  'users.update': {
    errors: ['conflict', 'email_taken', 'forbidden', 'rate_limited'],
    example: { email: 'new@example.com', current_password: 'securepassword123' },
  },
  'users.remove': { description: 'Everything goes at once and for good.', cookie: 'cleared' },
  'budgets.setWorkspace': {
    description: 'For the owner of the workspace. Under a limit in dollars, models without a list price are refused.',
    errors: ['forbidden'],
    example: { tokens_per_day: 200_000, cost_per_month: 25 },
  },
  'budgets.setProject': {
    description: 'For the owner of the workspace. The budget of the workspace holds as well.',
    errors: ['forbidden'],
    example: { tokens_per_day: 50_000 },
  },
  'projects.create': {
    description: 'Model settings that are absent or `null` follow the instance.',
    example: { name: 'Customer Support Bot', description: 'Handles customer inquiries' },
  },
  'projects.update': {
    description: 'Absent fields stay as they are; `null` resets one to the instance’s default.',
    example: { temperature: 0.2, max_tokens: 500 },
  },
  'prompts.create': {
    example: { content: 'You are a helpful customer support agent. Be polite and professional.' },
  },
  'files.upload': {
    description:
      'One file or several in the form field `files`, each with its name. They are stored while they arrive, and read ' +
      'afterwards: follow `state` by `GET`. What a project has already is not stored twice (`exists`). Where no file was ' +
      'taken, the problem document carries the results as `files`. An `Idempotency-Key` is refused: an upload can be ' +
      'repeated as it is.',
    errors: ['storage_full', 'storage_unavailable'],
  },
  'attachments.upload': {
    description:
      'One PNG, JPEG, WebP or GIF of at most 10 MB and 8,192 pixels a side, in the form field `file`; its content tells ' +
      'which. What does not show is left out before it is stored: text, EXIF with its place and device, and whatever ' +
      'follows its end. An image that is not sent within 24 hours is forgotten.',
    errors: ['storage_full', 'storage_unavailable'],
  },
  'attachments.content': { errors: ['storage_unavailable'] },
  'files.list': {
    description: 'With `state`, only documents in that state; with `source_id`, only those of a web source.',
  },
  'files.content': {
    description: 'The bytes as they were uploaded, always as an attachment and never as a page.',
    errors: ['storage_unavailable'],
  },
  'files.passages': {
    description: 'With `around`, which takes the place of a cursor, the page begins a little before that passage.',
  },
  'files.reindex': {
    description: 'For a document that failed, or that is to be read by newer rules. A reading under way is begun anew.',
  },
  'sources.create': {
    description:
      'It is read at once, and every `refresh_hours` hours after that; each page becomes a document (`GET …/files` with ' +
      '`source_id`). Only public addresses are read, robots.txt is heeded, and of a sitemap only the pages of its own ' +
      'site. Where the project has this URL already, the problem document names it as `source_id`.',
    errors: ['conflict'],
    example: { kind: 'sitemap', url: 'https://www.example.com/sitemap.xml', refresh_hours: 24 },
  },
  'sources.update': {
    description: 'Absent fields stay as they are; `refresh_hours: null` has it read only when asked.',
    example: { refresh_hours: 168 },
  },
  'sources.crawl': {
    description:
      'Pages that have changed are read anew, and until that is done found as they were; those that are gone are ' +
      'deleted. Where a reading waits or is under way, nothing changes.',
  },
  'chat.send': {
    description:
      'Both messages are stored before the model is asked, so a failed answer loses nothing: the problem document of ' +
      'a `provider_*` error carries `session_id`, `message` and `assistant_message`. With `stream: true`, or with ' +
      '`Accept: text/event-stream`, the answer arrives as events. A session has one answer under way at a time.',
    errors: turnErrors,
    example: {
      project_id: '01890a5d-ac96-774b-bcce-b302099a8057',
      message: 'Hello, I need help with my order',
    },
  },
  'sessions.list': { description: 'With `pinned`, only the sessions that are pinned, or only those that are not.' },
  'sessions.update': {
    description: 'Absent fields stay as they are. A title of `null` asks for the automatic one again.',
    example: { title: 'Opening hours', pinned: true },
  },
  'sessions.messages': {
    description:
      'The messages on the path that the session shows. With `around`, which takes the place of a cursor, the page ' +
      'has that message in its middle, on the path through it; `Link` then leads both ways.',
  },
  'sessions.export': {
    description:
      'Markdown has the messages on the path that the session shows, JSON every message in the form of this API. ' +
      'The file is named after the session’s title.',
  },
  'audit.list': {
    description:
      'Keeps sign-ins, failed ones included, changes of an account, and deletions and exports. `actor_id` is null for ' +
      'somebody who failed to sign in, and for the operator.',
    errors: ['forbidden'],
  },
  'feedback.set': {
    description: 'Everybody has one rating of an answer. The reason belongs to the rating and goes with it.',
    example: { rating: 'down', reason: 'The opening hours are those of last year.' },
  },
  'feedback.remove': { description: 'Where there is no rating, that is fine too.' },
  'search.messages': {
    description:
      'All words must occur, in any order, whatever their case and accents; the last one may be the beginning of a ' +
      'word. `"in quotes"` means side by side, `-word` without it, `or` either side of it. Answers appear about a ' +
      'second after they are complete.',
    errors: ['not_found'],
  },
  'chat.regenerate': { errors: turnErrors },
  'chat.edit': { errors: turnErrors },
  'chat.continue': { errors: [...turnErrors, 'conflict'] },
  'chat.attach': {
    headers: { 'Last-Event-ID': 'The offset of the last text received, in UTF-16 units; the stream goes on after it.' },
  },
}
