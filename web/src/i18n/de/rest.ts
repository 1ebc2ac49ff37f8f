import account from './account.json' with { type: 'json' }
import bots from './bots.json' with { type: 'json' }
import images from './images.json' with { type: 'json' }
import knowledge from './knowledge.json' with { type: 'json' }
import usage from './usage.json' with { type: 'json' }

export const rest = { account, bots, images, knowledge, usage }
