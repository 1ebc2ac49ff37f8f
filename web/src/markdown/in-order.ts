import { createElement, Fragment, type ReactNode } from 'react'

/** Nodes one after the other, each known by its place: what a text has at a place stays there while the text grows. */
export function inOrder(nodes: readonly ReactNode[]): ReactNode {
  return createElement(Fragment, null, ...nodes)
}
