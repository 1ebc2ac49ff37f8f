import type { Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MarkdownTest, startMarkdownTest } from '../support/markdown-page.ts'
import { xssPayloads } from '../support/xss-payloads.ts'

declare global {
  var __fired: () => void
  var __firedCount: number
}

let app: MarkdownTest
beforeAll(async () => {
  app = await startMarkdownTest()
}, 60_000)
afterAll(() => app.close())

test('the corpus has more than a hundred payloads', () => {
  expect(new Set(Object.values(xssPayloads).flat()).size).toBeGreaterThan(100)
})

test.each(Object.keys(xssPayloads) as (keyof typeof xssPayloads)[])(
  'no %s come to life, whole or character by character',
  async (group) => {
    const { page, context, complaints } = await app.open()
    const dialogs: string[] = []
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    await loadFormulas(page)
    const found = await page.evaluate(showAll, xssPayloads[group])
    await page.waitForTimeout(200)
    expect(found).toEqual([])
    expect(await page.evaluate(() => globalThis.__firedCount)).toBe(0)
    expect(dialogs).toEqual([])
    expect(complaints).toEqual([])
    expect(context.pages()).toHaveLength(1)
    await context.close()
  },
)

test('an address with hidden credentials, a foreign scheme or a relative path is shown as text', async () => {
  const { page, context } = await app.open()
  const links = [
    '[a](https://a.example)',
    '[b](mailto:b@b.example)',
    '[c](ftp://c.example)',
    '[d](/d)',
    '[e](https://a@e.example)',
  ]
  await page.evaluate((text) => showMarkdown(text, false), links.join(' '))
  const found = await page
    .locator('a')
    .evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute('href')]))
  expect(found).toEqual([
    ['a', 'https://a.example/'],
    ['b', 'mailto:b@b.example'],
  ])
  await context.close()
})

/** The highlighter and KaTeX come with the first block and formula; what they do is to be seen from the first payload on. */
async function loadFormulas(page: Page): Promise<void> {
  await page.evaluate(() => {
    globalThis.__firedCount = 0
    globalThis.__fired = () => {
      globalThis.__firedCount += 1
    }
    showMarkdown('$x$\n\n```html\n<p>x</p>\n```\n\n```js\nlet x = 1\n```', false)
  })
  await page.locator('.katex').first().waitFor()
  await page.locator('.tone-keyword').first().waitFor()
}

/** Runs in the page: shows each payload whole and growing, and says what stands in the document that must not. */
async function showAll(payloads: string[]): Promise<string[]> {
  const forbidden =
    'script,iframe,object,embed,form,style,img,link,meta,base,video,audio,source,template,portal,textarea,details'
  const found = new Set<string>()
  const inspect = (payload: string) => {
    const root = document.getElementById('root')
    for (const element of root?.querySelectorAll('*') ?? []) {
      if (element.matches(forbidden)) found.add(`${payload}: <${element.localName}>`)
      for (const { name, value } of element.attributes) {
        const isLoading = /^(?:src|srcset|srcdoc|data|action|formaction|ping|xlink:href|background|poster)$/.test(name)
        if (name.startsWith('on') || isLoading || /url\(|expression\(/i.test(name === 'style' ? value : ''))
          found.add(`${payload}: ${name}=${value}`)
      }
      const href = element.getAttribute('href')
      if (href === null) continue
      const isSafe = /^(?:https?:\/\/[^@]*$|mailto:)/.test(href) && element.getAttribute('target') === '_blank'
      if (!isSafe || element.getAttribute('rel') !== 'noopener noreferrer nofollow') found.add(`${payload}: ${href}`)
    }
  }
  for (const payload of payloads) {
    for (let end = 1; end <= payload.length; end += 1) {
      showMarkdown(payload.slice(0, end), true)
      inspect(payload)
    }
    showMarkdown(payload, false)
    inspect(payload)
    // Colours of code come a moment later.
    await new Promise((resolve) => setTimeout(resolve, 5))
    inspect(payload)
  }
  return [...found]
}
