/** Control characters, lone surrogates, characters that hide or reorder text, and invisible letters. */
const INVISIBLE = /[\p{Cc}\p{Cs}\p{Cf}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu;
/** No language stacks more than a few marks on a letter; hundreds would cover the lines around it. */
const STACKED = /(\p{M}{4})\p{M}+/gu;

/** Text from outside as one line in which every character is visible and in place. */
export function visible(text: string): string {
  return text.replace(/\s+/gu, ' ').replace(INVISIBLE, '').replace(STACKED, '$1').trim();
}
