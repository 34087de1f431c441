/** Control characters, lone surrogates, what hides or reorders text, and letters that look like nothing. */
const INVISIBLE = /[\p{Cc}\p{Cs}\p{Cf}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu;
/** No language stacks more marks on a letter than a few; hundreds paint over the lines around. */
const STACKED = /(\p{M}{4})\p{M}+/gu;

/** Text from outside as one line in which every character can be seen where it stands. */
export function visible(text: string): string {
  return text.replace(/\s+/gu, ' ').replace(INVISIBLE, '').replace(STACKED, '$1').trim();
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
/** Characters that would start or end a code span or bold text; shown as look-alikes. */
const LOOKALIKES: Record<string, string> = { '`': 'ˋ', '*': '∗' };

/**
 * Text from outside, safe inside a Slack `mrkdwn` text: one line, no links, no mentions (`<!channel>`), no formatting.
 * @param max length of the result, entities included, so that no entity is ever cut in half
 */
export function prose(text: string, max: number): string {
  // A tilde before a number means "about"; only one behind a word can end a strike-through.
  const plain = visible(text).replace(/(?<=\S)~/g, '∼');
  let safe = '';
  for (const character of plain) {
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
