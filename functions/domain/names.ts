/**
 * Names from outside (jobs, queues, users), shown unambiguously. An approver of "move it to queue short" has to know that it
 * is `short`, and not `sh\u{43e}rt` with a Cyrillic letter, or a name reordered by a right-to-left mark.
 */

/** Letters an English reader cannot confuse: ASCII, and Latin letters that differ from it only by diacritics. */
const PLAIN = /^[\u0020-\u007e]$/;
const WITH_MARKS = /^[A-Za-z]\p{M}{1,2}$/u;
const OWN_SHAPE = new Set([...'ßæÆøØœŒþÞðÐłŁđĐ']);

/** Right-to-left scripts, which would reorder the text around them. */
const RIGHT_TO_LEFT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}]/u;

/** Alphabets whose letters can pass for Latin ones, by their common names. */
const LOOKALIKE_ALPHABETS: readonly (readonly [string, RegExp])[] = [
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Cherokee', /\p{Script=Cherokee}/u],
  ['Coptic', /\p{Script=Coptic}/u],
  ['Georgian', /\p{Script=Georgian}/u],
  ['Lisu', /\p{Script=Lisu}/u],
];
const LATIN = /[A-Za-z]/;

/** A name ready to show, and a remark to show beside it; null when none is needed. */
export interface ShownName {
  /** One line in which every character is visible; a confusable one is written `\u{43e}`. */
  readonly text: string;
  readonly warning: string | null;
}

/**
 * How a name is shown. It is never truncated, and two different names never look alike: characters are escaped by code point,
 * including a backslash that could be taken for an escape.
 */
export function shownName(name: string): ShownName {
  const alphabets = LOOKALIKE_ALPHABETS.filter(([, letters]) => letters.test(name)).map(([alphabet]) => alphabet);
  const mixed = LATIN.test(name) || alphabets.length > 1;
  const characters = [...name];
  const text = characters
    .map((character, at) => {
      if (character === ' ') return isLostSpace(characters, at) ? escaped(character) : character;
      if (character === '\\') return characters[at + 1] === 'u' ? escaped(character) : character;
      if (character === '`') return escaped(character);
      return isPlain(character) || isForeignLetter(character, mixed) ? character : escaped(character);
    })
    .join('');
  return { text, warning: warningOf(alphabets, mixed, text !== name) };
}

/** A space at either end, or the second of two: nobody would see it. */
function isLostSpace(characters: readonly string[], at: number): boolean {
  return at === 0 || at === characters.length - 1 || characters[at - 1] === ' ';
}

function isPlain(character: string): boolean {
  if (PLAIN.test(character) || OWN_SHAPE.has(character)) return true;
  return character.normalize('NFC') === character && WITH_MARKS.test(character.normalize('NFD'));
}

/** A letter of another alphabet; one from a lookalike alphabet only in a name written entirely in it. */
function isForeignLetter(character: string, mixed: boolean): boolean {
  if (!/\p{L}/u.test(character) || RIGHT_TO_LEFT.test(character)) return false;
  if (mixed && LOOKALIKE_ALPHABETS.some(([, letters]) => letters.test(character))) return false;
  // An unusual Latin letter, or a compatibility form of another letter.
  return !/\p{Script=Latin}/u.test(character) && character.normalize('NFKC') === character;
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function warningOf(alphabets: readonly string[], mixed: boolean, changed: boolean): string | null {
  if (alphabets.length > 0) return mixed ? `mixes in ${alphabets.join(' and ')} letters` : `${alphabets[0]} letters`;
  return changed ? 'unusual characters, shown by their codes' : null;
}
