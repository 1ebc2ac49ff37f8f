import { createContext, useContext } from 'react'

interface SidebarControl {
  /** On narrow screens the sidebar is a drawer that has to be opened. */
  isDrawer: boolean
  open: () => void
  /** After something in the drawer was chosen. */
  close: () => void
}

export const SidebarContext = createContext<SidebarControl>({ isDrawer: false, open: () => {}, close: () => {} })

export function useSidebar(): SidebarControl {
  return useContext(SidebarContext)
}
