import { zipSync } from 'fflate'
import { parseHTML } from 'linkedom'
import mammoth from 'mammoth'
import type { FormatInput, FormatResult } from '../format.ts'
import { readHtmlBlocks } from '../html-blocks.ts'
import { isXmlPart, officeTitle, requireMember } from '../office.ts'
import { titleOf } from '../text-builder.ts'
import { refuseDoctype } from '../xml.ts'
import { unzip } from '../zip.ts'

/**
 * Word: its text, headings, lists, tables and notes. The library sees a zip made anew from checked parts, never the
 * uploaded one; pictures are not among them.
 */
export async function readDocx({ bytes, limits, builder, progress }: FormatInput): Promise<FormatResult> {
  const members = unzip(bytes, limits, isXmlPart)
  requireMember(members, 'word/document.xml', 'docx')
  for (const member of members.values()) refuseDoctype(member)
  const checked = Buffer.from(zipSync(Object.fromEntries(members), { level: 0 }))
  const { value: html } = await mammoth.convertToHtml(
    { buffer: checked },
    { convertImage: noImage, externalFileAccess: false, ignoreEmptyParagraphs: true },
  )
  const { document } = parseHTML(`<html><body>${html}</body></html>`)
  readHtmlBlocks(document.documentElement, builder)
  progress(bytes.length, bytes.length)
  const title = titleOf(officeTitle(members) ?? document.querySelector('h1')?.textContent ?? '')
  return { title: title === '' ? null : title, pages: null }
}

const noImage = mammoth.images.imgElement(async () => ({ src: '' }))
