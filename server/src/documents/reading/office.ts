import { posix } from 'node:path'
import { DocumentError, type DocumentKind } from '../document.ts'
import { readXml } from './xml.ts'
import type { ZipMembers } from './zip.ts'

/** Properties of an Office file: the title in `docProps/core.xml` (ECMA-376 part 2, 11). */
export function officeTitle(members: ZipMembers): string | null {
  const core = members.get('docProps/core.xml')
  if (!core) return null
  let inTitle = false
  let title = ''
  readXml(core, {
    open: ({ name }) => {
      inTitle = name === 'title'
    },
    text: (text) => {
      if (inTitle) title += text
    },
    close: () => {
      inTitle = false
    },
  })
  return title.trim() === '' ? null : title
}

export interface Relationship {
  /** The last part of its type: `slide`, `worksheet`, `notesSlide`. */
  type: string
  /** Name of the member it points to. */
  target: string
}

/** The relationships of a part by their id; those that point outside the file are left out. */
export function relationshipsOf(members: ZipMembers, part: string): Map<string, Relationship> {
  const found = new Map<string, Relationship>()
  const { dir, base } = posix.parse(part)
  const content = members.get(`${dir}/_rels/${base}.rels`)
  if (!content) return found
  readXml(content, {
    open: ({ name, attributes }) => {
      const { Id: id, Target: target, Type: type, TargetMode: mode } = attributes
      if (name !== 'Relationship' || !id || !target || mode === 'External') return
      found.set(id, { type: posix.basename(type ?? ''), target: resolvePart(dir, target) })
    },
  })
  return found
}

/** Targets are relative to the part's folder, or start at the root. */
function resolvePart(folder: string, target: string): string {
  return posix.resolve('/', folder, target).slice(1)
}

/** The member everything starts from. Throws DocumentError `broken` where it is missing. */
export function requireMember(members: ZipMembers, name: string, kind: DocumentKind): Buffer {
  const member = members.get(name)
  if (member) return member
  throw new DocumentError(
    'broken',
    `This is not a ${kind.toUpperCase()} file, though it is named like one. Save it anew in its program.`,
  )
}

/** Parts that hold text or say where it is; pictures, fonts and programs are never unpacked. */
export function isXmlPart(name: string): boolean {
  return /\.(?:xml|rels)$/i.test(name)
}
