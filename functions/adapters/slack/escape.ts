import { shownName } from '../../domain/names.ts';
import { visible } from '../../domain/visible.ts';

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

/**
 * A name from outside as a code span, every character as what it is (functions/domain/names.ts), an empty one as a dash, since Slack
 * has no empty span. Two different names look alike only where both are cut.
 * @param max length of the result, entities included
 */
export function code(text: string, max: number): string {
  let safe = '';
  for (const character of shownName(text).text) {
    const next = ENTITIES[character] ?? character;
    if (safe.length + next.length > max - 3) return `\`${safe}…\``;
    safe += next;
  }
  return `\`${safe || '-'}\``;
}

/** A name that somebody approves something by: whole, and with a warning beside it where it could be taken for another. */
export function wholeName(text: string): string {
  return withWarning(text, Number.POSITIVE_INFINITY);
}

/** A name that only stands beside it, such as whose job it is. */
export function besideName(text: string): string {
  return withWarning(text, BESIDE);
}

const BESIDE = 90;

function withWarning(text: string, max: number): string {
  const { warning } = shownName(text);
  return `${code(text, max)}${warning === null ? '' : ` (⚠️ ${warning})`}`;
}
