import { loadAllTexts } from '../../i18n/index.ts'
import { lazyPart } from '../../lib/lazy-part.ts'

/**
 * What most conversations never show: the queue and images, with their texts, which are not among the first. Null where
 * they could not be had: what is said goes on without them.
 */
export const laterParts = lazyPart(() =>
  Promise.all([import('./occasional.ts'), loadAllTexts()]).then(
    ([parts]) => parts,
    () => null,
  ),
)
