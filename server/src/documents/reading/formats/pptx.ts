import { DocumentError } from '../../document.ts'
import type { FormatInput, FormatResult } from '../format.ts'
import { isXmlPart, officeTitle, relationshipsOf, requireMember } from '../office.ts'
import { readSlide } from '../slide.ts'
import { titleOf } from '../text-builder.ts'
import { readXml, relationshipId } from '../xml.ts'
import { unzip, type ZipMembers } from '../zip.ts'

const presentation = 'ppt/presentation.xml'

/** PowerPoint: the slides in the order they are shown, each with its title, text, tables and the speaker's notes. */
export async function readPptx({ bytes, limits, builder, progress }: FormatInput): Promise<FormatResult> {
  const members = unzip(bytes, limits, isXmlPart)
  const slides = slidesOf(members)
  if (slides.length > limits.pages) {
    const message = `This presentation has ${slides.length} slides; ${limits.pages} are allowed. Split it into smaller files.`
    throw new DocumentError('too_many_pages', message)
  }
  for (const [index, part] of slides.entries()) {
    const slide = members.get(part)
    if (!slide) continue
    builder.page(index + 1)
    builder.resetHeadings()
    const { title, paragraphs } = readSlide(slide)
    if (title !== '') builder.heading(1, title)
    for (const paragraph of paragraphs) builder.paragraph(paragraph)
    for (const paragraph of notesOf(members, part)) builder.paragraph(paragraph)
    progress(index + 1, slides.length)
  }
  const title = titleOf(officeTitle(members) ?? '')
  return { title: title === '' ? null : title, pages: slides.length }
}

/** Member names of the slides, as `sldIdLst` orders them (ECMA-376 part 1, 19.2.1.34). */
function slidesOf(members: ZipMembers): string[] {
  const relationships = relationshipsOf(members, presentation)
  const slides: string[] = []
  readXml(requireMember(members, presentation, 'pptx'), {
    open: (tag) => {
      const target = tag.name === 'sldId' ? relationships.get(relationshipId(tag) ?? '')?.target : undefined
      if (target) slides.push(target)
    },
  })
  return slides
}

function notesOf(members: ZipMembers, slide: string): string[] {
  const notes = [...relationshipsOf(members, slide).values()].find(({ type }) => type === 'notesSlide')
  const content = notes && members.get(notes.target)
  return content ? readSlide(content).paragraphs : []
}
