import AxeBuilder from '@axe-core/playwright'
import { type Page, expect as see } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MarkdownTest, startMarkdownTest } from '../support/markdown-page.ts'

let app: MarkdownTest
beforeAll(async () => {
  app = await startMarkdownTest()
}, 60_000)
afterAll(() => app.close())

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
const everything = `# Title

Words with **weight**, \`code\`, a [link](https://example.com) and a note[^1]. It costs $5 to $10.

## Part

1. First
   - nested
2. Second

- [x] done
- [ ] open

\`\`\`python
def double(number: int) -> int:
    """Twice as much."""
    return 2 * number  # ${'a long remark '.repeat(12)}
\`\`\`

> Quoted

| Name | Value | Remark |
|------|------:|:------:|
| \`a\` | 1 | ${'averyveryverylongword'.repeat(4)} |

$$
\\vec{x} = \\frac{1}{2}
$$

![picture](https://example.com/a.png)

[^1]: The note.
`

describe('an answer that grows', () => {
  test('leaves the blocks above its end alone, and keeps a block of code when its fence closes', async () => {
    const { page, context, complaints } = await app.open()
    const { moved, replaced } = await page.evaluate(growAndWatch, everything)
    expect(moved).toEqual([])
    expect(replaced).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('shows no marks that are not complete yet', async () => {
    const { page, context } = await app.open()
    const answer = page.locator('.markdown')
    const shown = async (text: string) => {
      await page.evaluate((given) => showMarkdown(given, true), text)
      return answer.textContent()
    }
    expect(await shown('so **impor')).toBe('so impor')
    expect(await shown('see [the docs](https://exa')).toBe('see the docs')
    expect(await shown('first\n\n| a | b')).toBe('first')
    expect(await shown('text\n\n``')).toBe('text')
    expect(await shown('text\n--')).toBe('text')
    await context.close()
  })

  test('of 100 kB takes no longer for its last words than for its first', async () => {
    const { page, context } = await app.open()
    const { first, last } = await page.evaluate(measureGrowth, everything)
    expect(last).toBeLessThan(Math.max(first * 4, 8))
    await context.close()
  })
})

describe('an answer', () => {
  test('has coloured code that can be copied', async () => {
    const { page, context } = await app.open({ permissions: ['clipboard-read', 'clipboard-write'] })
    await show(page, 'Look:\n\n```js\nconst a = 1 // one\n\nlet b\n```')
    await see(page.locator('.tone-keyword').first()).toHaveText('const')
    await page.getByRole('button', { name: 'Copy' }).click()
    await see(page.getByRole('button', { name: 'Copied' })).toBeVisible()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('const a = 1 // one\n\nlet b')
    await context.close()
  })

  test('has formulas, and prices that stay prices', async () => {
    const { page, context, complaints } = await app.open()
    await show(page, 'From $5 to $10: $x^2$, \\(\\vec{y}\\), $\\frac{1$ and\n\n$$\n\\pmb{z}\n$$')
    await see(page.locator('.formula .katex')).toHaveCount(3)
    await see(page.locator('.markdown > p').first()).toContainText('From $5 to $10: ')
    await see(page.locator('.formula', { hasText: '\\frac{1' })).toBeVisible()
    // The arrow over a letter has its width by a style, which the policy must not lose.
    expect(await page.locator('.overlay svg').evaluate((arrow) => arrow.style.width)).toMatch(/em$/)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('leads from a mark to its footnote without changing the address', async () => {
    const { page, context } = await app.open()
    await show(page, everything)
    const address = page.url()
    await page.getByRole('button', { name: 'Footnote 1' }).click()
    await see(page.getByRole('note')).toBeFocused()
    expect(page.url()).toBe(address)
    await context.close()
  })

  test('fits a phone: tables and code scroll by themselves and can be focused', async () => {
    const { page, context } = await app.open(phone)
    await show(page, everything)
    for (const scroller of [page.getByRole('figure', { name: 'Table' }), page.locator('.code-block pre')]) {
      await see(scroller).toHaveAttribute('tabindex', '0')
    }
    const [content, visible] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    expect(content).toBe(visible)
    await context.close()
  })

  test.each(['light', 'dark'] as const)('has nothing that axe objects to in the %s theme', async (colorScheme) => {
    const { page, context } = await app.open({ ...phone, colorScheme, bypassCSP: true })
    await show(page, everything)
    await see(page.locator('.katex').first()).toBeVisible()
    await see(page.locator('.tone-keyword').first()).toBeVisible()
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
    await context.close()
  })
})

function show(page: Page, text: string): Promise<void> {
  return page.evaluate((given) => showMarkdown(given, false), text)
}

/**
 * Runs in the page: shows the text character by character and says which blocks changed their height or became other
 * elements after the next block had begun, blocks of code already while they grow. Formulas are left out: they change when
 * KaTeX has been loaded.
 */
function growAndWatch(text: string): { moved: string[]; replaced: string[] } {
  const moved = new Set<string>()
  const replaced = new Set<string>()
  let above: { place: number; element: Element; height: number | undefined }[] = []
  for (let end = 1; end <= text.length; end += 1) {
    showMarkdown(text.slice(0, end), true)
    const blocks = [...document.querySelectorAll('.markdown > *')]
    for (const { place, element, height } of above) {
      const now = blocks[place]
      if (now !== element) replaced.add(`${element.outerHTML} → ${now?.outerHTML}`)
      else if (height !== undefined && now.getBoundingClientRect().height !== height) moved.add(element.outerHTML)
    }
    above = blocks.flatMap((element, place) => {
      const isLast = place === blocks.length - 1
      if (element.matches('.formula') || (isLast && !element.matches('.code-block'))) return []
      return [{ place, element, height: isLast ? undefined : element.getBoundingClientRect().height }]
    })
  }
  return { moved: [...moved], replaced: [...replaced] }
}

/** Runs in the page: the median time in milliseconds of an update in the first and in the last tenth of a long answer. */
function measureGrowth(piece: string): { first: number; last: number } {
  const text = piece.repeat(Math.ceil(100_000 / piece.length)).slice(0, 100_000)
  const times: number[] = []
  for (let end = 400; end <= text.length; end += 400) {
    const start = performance.now()
    showMarkdown(text.slice(0, end), true)
    times.push(performance.now() - start)
  }
  const tenth = times.length / 10
  const median = (some: number[]) => some.toSorted((a, b) => a - b)[Math.floor(some.length / 2)] ?? 0
  return { first: median(times.slice(0, tenth)), last: median(times.slice(-tenth)) }
}
