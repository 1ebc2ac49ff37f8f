import chat from './chat.json' with { type: 'json' }
import common from './common.json' with { type: 'json' }
import errors from './errors.json' with { type: 'json' }
import sessions from './sessions.json' with { type: 'json' }

export const first = { chat, common, errors, sessions }
