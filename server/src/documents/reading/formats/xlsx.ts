import { createCellFormatter } from '../cell-formats.ts'
import type { FormatInput, FormatResult } from '../format.ts'
import { isXmlPart, officeTitle, relationshipsOf, requireMember } from '../office.ts'
import { createRowWriter } from '../rows.ts'
import { readSharedStrings, readSheet } from '../sheet.ts'
import { titleOf } from '../text-builder.ts'
import { readXml, relationshipId } from '../xml.ts'
import { unzip, type ZipMembers } from '../zip.ts'

const workbookPart = 'xl/workbook.xml'

/** Excel: each visible sheet under its name, a line of `Header: value` per row. Formulas give the value they had when saved. */
export async function readXlsx({ bytes, limits, builder, progress }: FormatInput): Promise<FormatResult> {
  const members = unzip(bytes, limits, isXmlPart)
  const { sheets, date1904 } = readWorkbook(members)
  const strings = readSharedStrings(memberOf(members, 'sharedStrings'), limits)
  const format = createCellFormatter(memberOf(members, 'styles'), { date1904 })
  for (const [index, { name, part }] of sheets.entries()) {
    const content = members.get(part)
    if (!content) continue
    builder.resetHeadings()
    const writeRow = createRowWriter(builder)
    let isEmpty = true
    readSheet(content, { strings, format }, (cells) => {
      if (isEmpty) builder.heading(1, name)
      isEmpty = false
      writeRow(cells)
    })
    progress(index + 1, sheets.length)
  }
  const title = titleOf(officeTitle(members) ?? '')
  return { title: title === '' ? null : title, pages: null }
}

interface Workbook {
  sheets: { name: string; part: string }[]
  /** Days are counted from 1904 instead of 1900. */
  date1904: boolean
}

function readWorkbook(members: ZipMembers): Workbook {
  const relationships = relationshipsOf(members, workbookPart)
  const workbook: Workbook = { sheets: [], date1904: false }
  readXml(requireMember(members, workbookPart, 'xlsx'), {
    open: (tag) => {
      const { attributes } = tag
      if (tag.name === 'workbookPr') workbook.date1904 = attributes.date1904 === '1' || attributes.date1904 === 'true'
      if (tag.name !== 'sheet' || (attributes.state ?? 'visible') !== 'visible') return
      const part = relationships.get(relationshipId(tag) ?? '')?.target
      if (part) workbook.sheets.push({ name: attributes.name ?? '', part })
    },
  })
  return workbook
}

function memberOf(members: ZipMembers, type: string): Buffer | undefined {
  const found = [...relationshipsOf(members, workbookPart).values()].find((relationship) => relationship.type === type)
  return found && members.get(found.target)
}
