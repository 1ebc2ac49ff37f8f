import { useEffect } from 'react'
import { loadAllTexts } from '../i18n/index.ts'
import { lazyPart, useLazyPart } from '../lib/lazy-part.ts'
import { closePassage, useOpenedPassage } from '../lib/opened-passage.ts'

const drawer = lazyPart(async () => {
  const [{ PassageDrawer }] = await Promise.all([import('./passage-drawer.tsx'), loadAllTexts()])
  return PassageDrawer
})

/** The passage that was asked for, beside the page; it is closed when that is left, as it then is another's. */
export function OpenedPassage() {
  const place = useOpenedPassage()
  const Drawer = useLazyPart(drawer, place !== null)
  useEffect(() => closePassage, [])
  return place && Drawer && <Drawer place={place} />
}
