import {
  Bot,
  BotMessageSquare,
  ChartColumn,
  Keyboard,
  Library,
  LogOut,
  type LucideIcon,
  MessageSquare,
  MessageSquarePlus,
  Moon,
  Plus,
  Search,
  Settings,
  Sun,
  SunMoon,
} from 'lucide-react'
import type { Command } from '../lib/commands.ts'

/** By the ids of commands. Here and not with them, so that they are loaded with the palette and not with every page. */
const icons: Record<string, LucideIcon> = {
  'new-chat': MessageSquarePlus,
  knowledge: Library,
  search: Search,
  bots: Bot,
  'new-bot': Plus,
  usage: ChartColumn,
  account: Settings,
  'theme-system': SunMoon,
  'theme-light': Sun,
  'theme-dark': Moon,
  'sign-out': LogOut,
  shortcuts: Keyboard,
  'focus-composer': MessageSquare,
}

/** What the palette shows beside a command, where there is anything. */
export function iconOf({ id }: Pick<Command, 'id'>): LucideIcon | undefined {
  return icons[id] ?? (id.startsWith('bot-') ? BotMessageSquare : undefined)
}
