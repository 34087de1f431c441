/** Control characters, lone surrogates, and the marks that hide or reorder text. */
const INVISIBLE = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]/gu;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
/** Characters that would start or end a code span or bold text; shown as look-alikes. */
const LOOKALIKES: Record<string, string> = { '`': 'ˋ', '*': '∗' };

/**
 * Text from outside, safe inside a Slack `mrkdwn` text: one line, no links, no mentions (`<!channel>`), no formatting.
 * @param max length of the result, entities included, so that no entity is ever cut in half
 */
export function prose(text: string, max: number): string {
  // A tilde before a number means "about"; only one behind a word can end a strike-through.
  const visible = text
    .replace(/\s+/gu, ' ')
    .replace(INVISIBLE, '')
    .replace(/(?<=\S)~/g, '∼')
    .trim();
  let safe = '';
  for (const character of visible) {
    const next = ENTITIES[character] ?? LOOKALIKES[character] ?? character;
    if (safe.length + next.length > max - 1) return `${safe}…`;
    safe += next;
  }
  return safe;
}

/** Text from outside as a code span: shown literally. An empty text is shown as a dash, since Slack has no empty span. */
export function code(text: string, max: number): string {
  return `\`${prose(text, max - 2) || '-'}\``;
}
