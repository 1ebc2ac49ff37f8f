import account from './account.json' with { type: 'json' }
import bots from './bots.json' with { type: 'json' }
import chat from './chat.json' with { type: 'json' }
import common from './common.json' with { type: 'json' }
import errors from './errors.json' with { type: 'json' }
import sessions from './sessions.json' with { type: 'json' }
import usage from './usage.json' with { type: 'json' }

export const translations = { account, bots, chat, common, errors, sessions, usage }
