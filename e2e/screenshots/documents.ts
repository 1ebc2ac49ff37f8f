import type { Project } from '@chatbot-platform/contract'
import { pdfOfPages } from '../../server/test/documents/pdf-fixture.ts'
import { untilRead, uploadOne } from '../../server/test/files/uploads.ts'
import type { TestUser } from '../../server/test/support/app.ts'

const returns = [
  [
    'Returns and refunds',
    'Shoes and clothes may be returned within 30 days of delivery, unworn and with the label on.',
    'The money is back on the card three to five days after the parcel has reached us.',
  ],
  [
    'How to send something back',
    'Print the slip from Orders, Return, put it into the parcel and bring it to any parcel shop.',
    'A refund for a gift goes to whoever paid for it.',
  ],
]

const shipping = `# Shipping

Parcels leave our warehouse every weekday at noon.

## Costs

Orders above 50 euros are sent for free; below that the parcel costs 4.90 euros.

## Abroad

We send to all countries of the European Union.
`

const sizes = `EU,UK,US,Length in cm
38,5,7.5,24.0
39,5.5,8,24.7
40,6.5,9,25.3
41,7.5,10,26.0
`

/** What a shop may give its support bot; one file of it is damaged. */
export async function addDocuments(user: TestUser, project: Project): Promise<void> {
  const pages = returns.map((lines) => lines.map((text, index) => ({ text, y: 780 - index * 24 })))
  const given: [name: string, content: string | Uint8Array<ArrayBuffer>][] = [
    ['Price list.pdf', '%PDF-1.7\nThe rest of this file was lost.'],
    ['Sizes.csv', sizes],
    ['Shipping.md', shipping],
    ['Returns and refunds.pdf', new Uint8Array(pdfOfPages(pages))],
  ]
  for (const [name, content] of given) await untilRead(user, await uploadOne(user, project, name, content))
}
