import type { Page } from '@playwright/test'

/** What reaches beyond either edge of the window, outside of parts that scroll sideways by themselves, by tag and text. */
export function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const isCut = (element: Element): boolean => {
      const parent = element.parentElement
      if (!parent) return false
      return getComputedStyle(parent).overflowX !== 'visible' || isCut(parent)
    }
    const wide = [...document.querySelectorAll('body *')].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect()
      return width > 1 && (right > innerWidth + 1 || left < -1) && !isCut(element)
    })
    const page = document.documentElement
    return [
      ...(page.scrollWidth > innerWidth ? [`page: ${page.scrollWidth} px`] : []),
      ...wide.map((element) => `${element.tagName} ${element.textContent?.slice(0, 40)}`),
    ]
  })
}
