/** Long enough for any browser to have begun the download, in ms. */
const keptMs = 60_000

/** Lets the browser save `content` as a file of this name. */
export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.hidden = true
  // In the page: the name of a link that is nowhere may be forgotten before the browser has begun.
  document.body.append(link)
  link.click()
  setTimeout(() => {
    link.remove()
    URL.revokeObjectURL(url)
  }, keptMs)
}

/** Saves an answer of the server under the name that its `Content-Disposition` gives (RFC 6266, `filename*`). */
export async function saveAnswer(answer: Response, otherwiseName: string): Promise<void> {
  const encoded = answer.headers.get('content-disposition')?.match(/filename\*=UTF-8''([^;]+)/)?.[1]
  saveFile(await answer.blob(), encoded ? decodeURIComponent(encoded) : otherwiseName)
}
