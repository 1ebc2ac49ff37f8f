/**
 * Makes text that somebody else wrote harmless as part of a prompt, and keeps it readable: no characters that people do
 * not see but models do, no marks by which chat templates separate turns, and no `[1]` that could be taken for one of ours.
 */
export function neutral(text: string): string {
  return text
    .toWellFormed()
    .replace(unseen, '')
    .replace(looseJoiners, '')
    .replace(templateMarks, (mark) => `${mark[0]} ${mark.slice(1)}`)
    .replace(numbers, '($1)')
}

/** The same on one line, at most `length` characters long, without double quotes and brackets of its own. */
export function neutralLine(text: string, length: number): string {
  const line = neutral(linesOf(text).join(' '))
    .replace(/\s+/g, ' ')
    .replaceAll('"', "'")
    .replaceAll('[', '(')
    .replaceAll(']', ')')
    .trim()
  return line.length > length ? `${line.slice(0, length - 1).toWellFormed()}…` : line
}

/** The lines of a text, split at everything that anybody takes for the end of one. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/)
}

/**
 * Control characters and what Unicode lets fonts ignore: zero-width characters, marks of direction, tags and variation
 * selectors, in which whole sentences can be hidden. The joiners that Arabic, Indic scripts and emoji are written with stay,
 * and so does the selector of emoji.
 */
const unseen = /(?!\t|\u200c|\u200d|\ufe0f)[\p{Cc}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu

/** Joiners with nothing to join, and all but one of several. */
const looseJoiners =
  /(?<![\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}])(?:\u200c|\u200d)+|(?:\u200c|\u200d)+(?![\p{L}\p{M}\p{Extended_Pictographic}])/gu

/**
 * `<|im_start|>`, `<start_of_turn>`, `</s>`, `[INST]`, `<<SYS>>`, `<tool_call>` and their like; some servers read them as
 * what they mean wherever they stand. The first character of each is told apart from the rest.
 */
const templateMarks =
  /<(?:[|｜]|<\/?SYS>>|\/?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn|think|system|user|assistant|(?:tool|function)s?(?:_\w{1,20})?)>)|[|｜]>|\[\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|THINK)\]/gi

/** Numbers in brackets that stand alone; those behind a word may be code. */
const numbers = /(?<![\p{L}\p{N}_\])])\[(\s{0,3}\d{1,3}(?:\s{0,3}[,;]\s{0,3}\d{1,3}){0,20}\s{0,3})\]/gu
