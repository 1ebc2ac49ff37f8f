import { useLayoutEffect, useRef } from 'react'
import { cx } from '../lib/class-names.ts'
import { drawFormula, isKatexLoaded, loadKatex } from './draw-formula.ts'

interface FormulaProps {
  /** The TeX source. */
  tex: string
  /** On a line of its own. */
  isDisplay: boolean
}

/** A formula; its source until KaTeX is there, and where KaTeX does not understand it. */
export function Formula({ tex, isDisplay }: FormulaProps) {
  const place = useRef<HTMLSpanElement>(null)
  useLayoutEffect(() => {
    let isCurrent = true
    const draw = () => {
      const element = place.current
      if (!isCurrent || !element) return
      drawFormula(element, tex, isDisplay)
      // What must be scrolled must be reachable by keyboard.
      if (isDisplay && element.scrollWidth > element.clientWidth) element.tabIndex = 0
    }
    draw()
    // Where KaTeX cannot be loaded the source stays.
    if (!isKatexLoaded()) loadKatex().then(draw, () => {})
    return () => {
      isCurrent = false
    }
  }, [tex, isDisplay])
  // React never puts anything into the element: its content is drawn.
  return <span ref={place} dir="ltr" className={cx('formula', isDisplay && 'formula-display')} />
}
