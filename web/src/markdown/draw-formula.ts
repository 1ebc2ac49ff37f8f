/** What KaTeX makes before it becomes elements; the part of it that is read here. */
interface VirtualNode {
  attributes?: Record<string, string>
  children?: VirtualNode[]
  toNode(): Node
}

declare module 'katex' {
  export function __renderToDomTree(tex: string, options: KatexOptions): VirtualNode
}

const maxSourceLength = 5000

let katex: typeof import('katex') | undefined

/** Whether formulas can be drawn now. */
export function isKatexLoaded(): boolean {
  return katex !== undefined
}

/** Loads KaTeX and its style sheet. */
export async function loadKatex(): Promise<void> {
  const [loaded] = await Promise.all([import('katex'), import('katex/dist/katex.min.css')])
  katex = loaded
}

/**
 * Puts the formula into `element`; its source where KaTeX is not loaded or does not understand it. Only nodes and
 * properties are set: the page's policy allows neither HTML from text nor `style` attributes.
 */
export function drawFormula(element: HTMLElement, tex: string, displayMode: boolean): void {
  element.textContent = tex
  if (!katex || tex.length > maxSourceLength) return
  try {
    const tree = katex.__renderToDomTree(tex, {
      displayMode,
      throwOnError: false,
      errorColor: 'var(--color-danger)',
      trust: false,
      strict: 'ignore',
      maxExpand: 1000,
      maxSize: 50,
      output: 'htmlAndMathml',
    })
    moveStyles(tree)
    const drawn = tree.toNode()
    if (!(drawn instanceof HTMLElement) || drawn.classList.contains('katex-error')) return
    applyStyles(drawn)
    element.replaceChildren(drawn)
  } catch {
    // Beyond what KaTeX calls an error, such as a nesting that is too deep: the source stays.
  }
}

/** KaTeX writes a few styles as attributes, the width of arrows above letters for one. */
function moveStyles(node: VirtualNode): void {
  if (node.attributes?.style) {
    node.attributes['data-style'] = node.attributes.style
    delete node.attributes.style
  }
  for (const child of node.children ?? []) moveStyles(child)
}

function applyStyles(root: HTMLElement): void {
  for (const element of root.querySelectorAll<HTMLElement | SVGElement>('[data-style]')) {
    element.style.cssText = element.dataset.style ?? ''
    delete element.dataset.style
  }
}
