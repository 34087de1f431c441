import fc from 'fast-check';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { compileDirect } from '../../../../infra/runtime/engine/direct.ts';
import type { JsonValue } from '../../../../infra/runtime/engine/json.ts';

const name = fc.constantFrom('a', 'b', 'length', '__proto__', 'constructor', 'toString');
const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<JsonValue>(null, true, false, 0, 1, -2.5, '', 'x', '1'),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
}));
const path = fc.array(name, { maxLength: 3 }).map((names) => ['$v', ...names.map((part) => `\`${part}\``)].join('.'));
const operand = fc.oneof(path, fc.constantFrom('1', '"x"', 'true', 'null', '-2.5'));
const comparison = fc
  .tuple(operand, fc.constantFrom('=', '!=', '<', '<=', '>', '>='), operand)
  .map((parts) => parts.join(' '));

describe('the shortcut for simple expressions', () => {
  it('gives what JSONata gives, wherever it gives anything', async () => {
    let shortcuts = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(operand, comparison), value, async (text, v) => {
        const expression = jsonata(text);
        const direct = compileDirect(expression.ast())?.({ v });
        if (direct === undefined) return;
        shortcuts += 1;
        const result: unknown = await expression.evaluate(undefined, { v });
        expect(JSON.stringify(direct)).toBe(JSON.stringify(result));
      }),
      { numRuns: 3000 },
    );
    expect(shortcuts).toBeGreaterThan(500);
  });

  it.each([
    '$v[0]',
    '$v.a[b=1]',
    '$v.a^(b)',
    '$v{a: b}',
    '$v.*',
    '$v.a.$sum(b)',
    '$',
    '$v@$i',
    '$v.a[]',
    '$v ~> $sum',
    'a',
    '$.a',
  ])('leaves %s to JSONata', (text) => {
    expect(compileDirect(jsonata(text).ast())?.({ v: { a: [{ b: 1 }] } })).toBeUndefined();
  });
});
