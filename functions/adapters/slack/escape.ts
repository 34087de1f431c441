import { shownName } from '../../domain/names.ts';
import { visible } from '../../domain/visible.ts';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
/** Characters that would start or end a code span or bold text; replaced with look-alikes. */
const LOOKALIKES: Record<string, string> = { '`': 'ˋ', '*': '∗' };

/**
 * Outside text made safe for Slack `mrkdwn`: one line, no links, no mentions (`<!channel>`), no formatting.
 * @param max length of the result, entities included, so that no entity is ever cut in half
 */
export function prose(text: string, max: number): string {
  // A tilde before a number means "about"; only one after a word can end a strike-through.
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
 * An outside name as a code span, with deceptive characters shown as codes (functions/domain/names.ts); an empty one is a
 * dash, since Slack has no empty span. Two different names look alike only where both are cut.
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

/** A name that an approver relies on: uncut, with a warning if it could be mistaken for another. */
export function wholeName(text: string): string {
  return withWarning(text, Number.POSITIVE_INFINITY);
}

/** A name that is only context, such as the owner of a job. */
export function besideName(text: string): string {
  return withWarning(text, BESIDE);
}

const BESIDE = 90;

function withWarning(text: string, max: number): string {
  const { warning } = shownName(text);
  return `${code(text, max)}${warning === null ? '' : ` (⚠️ ${warning})`}`;
}
