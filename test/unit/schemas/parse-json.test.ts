import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEEPEST_JSON, parseJson } from '../../../schemas/parse-json.ts';

const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;

describe('JSON of somebody else', () => {
  it('is what JSON.parse makes of it, whatever is in its texts', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 20 }), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
    const brackets = JSON.stringify({ text: `\\"${'[{'.repeat(500)}` });
    expect(parseJson(brackets)).toEqual(JSON.parse(brackets));
  });

  it('may be nested to a limit and no deeper', () => {
    expect(parseJson(nested(DEEPEST_JSON))).toEqual(JSON.parse(nested(DEEPEST_JSON)));
    expect(() => parseJson(nested(DEEPEST_JSON + 2))).toThrow('nested deeper than 100 levels');
    expect(() => parseJson('['.repeat(1_000_000))).toThrow(SyntaxError);
  });

  it('that is none is a SyntaxError', () => {
    expect(() => parseJson('{')).toThrow(SyntaxError);
  });
});
