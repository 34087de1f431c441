import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownName } from '../../../functions/domain/names.ts';

describe('a name from outside', () => {
  it.each([
    ['a plain one', 'gpu-long_2.x', 'gpu-long_2.x', null],
    ['with marks', 'café', 'café', null],
    ['in another alphabet', '名前', '名前', null],
    ['in two that nobody mistakes', '名前-short', '名前-short', null],
    ['a Cyrillic letter in Latin', 'sh\u043ert', 'sh\\u{43e}rt', 'mixes in Cyrillic letters'],
    ['all in letters that pass for Latin', '\u0441\u0430\u0440', '\u0441\u0430\u0440', 'Cyrillic letters'],
    ['of two such alphabets', '\u0441\u03bf', '\\u{441}\\u{3bf}', 'mixes in Cyrillic and Greek letters'],
    ['letters in disguise', '\uff53hort', '\\u{ff53}hort', 'unusual characters, shown by their codes'],
    ['a dotless i', 'p\u0131p', 'p\\u{131}p', 'unusual characters, shown by their codes'],
    ['right to left', '\u05d0\u05d1', '\\u{5d0}\\u{5d1}', 'unusual characters, shown by their codes'],
    ['turned round', 'a\u202eb', 'a\\u{202e}b', 'unusual characters, shown by their codes'],
    ['a soft hyphen', 'a\u00adb', 'a\\u{ad}b', 'unusual characters, shown by their codes'],
    ['a letter that looks like nothing', 'gpu\u3164', 'gpu\\u{3164}', 'unusual characters, shown by their codes'],
    ['a dash that is none', 'a\u2010b', 'a\\u{2010}b', 'unusual characters, shown by their codes'],
    ['a mark of its own', 'e\u0301', 'e\\u{301}', 'unusual characters, shown by their codes'],
    ['spaces that nobody sees', ' a  b ', '\\u{20}a \\u{20}b\\u{20}', 'unusual characters, shown by their codes'],
    ['a backquote', 'a`b', 'a\\u{60}b', 'unusual characters, shown by their codes'],
    ['an escape that is none', '\\u{43e}', '\\u{5c}u{43e}', 'unusual characters, shown by their codes'],
    ['a domain and a user', 'LAB\\anna', 'LAB\\anna', null],
  ])('%s is shown as what it is', (_what, name, text, warning) => {
    expect(shownName(name)).toEqual({ text, warning });
  });

  it('is never shown like another one, and has nothing in it that cannot be seen', () => {
    const tricky = fc.constantFrom(
      '\\',
      'u',
      '{',
      '}',
      '4',
      '3',
      'e',
      '\u043e',
      'o',
      ' ',
      '`',
      '\u202e',
      '\u00ad',
      '\ud83d',
    );
    const names = fc.string({
      unit: fc.oneof(tricky, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
      maxLength: 12,
    });
    fc.assert(
      fc.property(names, names, (one, other) => {
        const [first, second] = [shownName(one).text, shownName(other).text];
        if (one !== other) expect(first).not.toBe(second);
        expect(first).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}`]/u);
      }),
      { numRuns: 3_000 },
    );
  });
});
