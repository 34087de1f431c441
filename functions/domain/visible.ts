/** Control characters, lone surrogates, what hides or reorders text, and letters that look like nothing. */
const INVISIBLE = /[\p{Cc}\p{Cs}\p{Cf}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu;
/** No language stacks more marks on a letter than a few; hundreds paint over the lines around. */
const STACKED = /(\p{M}{4})\p{M}+/gu;

/** Text from outside as one line in which every character can be seen where it stands. */
export function visible(text: string): string {
  return text.replace(/\s+/gu, ' ').replace(INVISIBLE, '').replace(STACKED, '$1').trim();
}
