/** What came with a drop or out of a folder. */
export interface GivenFiles {
  files: File[]
  /** More files than anybody reads at once; only the first ones are among them. */
  isCut: boolean
}

/** More than a bot may have, as a rule. */
const maxFiles = 1000
/** What systems leave in folders. */
const clutter = /^(?:\..*|thumbs\.db|desktop\.ini|__macosx)$/i

/** The files of a drop, with those in its folders. Has to be called while the event is handled. */
export async function droppedFiles(transfer: DataTransfer): Promise<GivenFiles> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file')
  // Gone with the event, so all are asked for before anything is waited for.
  const roots = items.map((item) => item.webkitGetAsEntry() ?? item.getAsFile())
  const files: File[] = []
  for (const root of roots) {
    if (root instanceof File) files.push(root)
    else if (root) await collect(root, files)
  }
  return { files: files.slice(0, maxFiles), isCut: files.length > maxFiles }
}

/** The files of a folder that was chosen with a picker, which gives all of them. */
export function filesOfFolder(list: FileList): GivenFiles {
  const isWanted = ({ webkitRelativePath: path }: File) => !path.split('/').some((part) => clutter.test(part))
  const files = [...list].filter(isWanted)
  return { files: files.slice(0, maxFiles), isCut: files.length > maxFiles }
}

async function collect(entry: FileSystemEntry, files: File[]): Promise<void> {
  if (files.length > maxFiles) return
  if (isFile(entry)) {
    // One that cannot be read, as it went away meanwhile, is passed over.
    const file = await new Promise<File | null>((resolve) => entry.file(resolve, () => resolve(null)))
    if (file) files.push(file)
    return
  }
  if (!isFolder(entry)) return
  const reader = entry.createReader()
  for (let entries = await readSome(reader); entries.length > 0; entries = await readSome(reader))
    for (const one of entries) if (!clutter.test(one.name)) await collect(one, files)
}

/** Some of what a folder holds; nothing once that was all. */
function readSome(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve) => reader.readEntries(resolve, () => resolve([])))
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}
