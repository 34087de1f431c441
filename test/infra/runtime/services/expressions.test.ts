import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ExpressionContext,
  type ExpressionParser,
  rememberExpressions,
} from '../../../../infra/runtime/services/expressions.ts';

type Given = Required<Pick<ExpressionContext, 'attrNames' | 'attrVals'>>;

const require = createRequire(import.meta.url);
const CONDITIONS = [
  'attribute_not_exists(PK) OR #a = :a',
  'contains(#a, :a) OR (#b >= :b AND (attribute_not_exists(#c) OR size(#c) < :a))',
  'begins_with(#a, :a)',
  '#a BETWEEN :a AND :b',
  'attribute_type(#a, :a)',
  'status = :a',
  '#a = :missing',
  '#a = :a AND',
  '#a.#b[2] IN (:a, :b) AND NOT #c <> :b',
];
const UPDATES = [
  'SET #a = :a, #b = :b',
  'SET #a = if_not_exists(#a, :a) + :b REMOVE #c DELETE d :b',
  'SET #a = list_append(#a, :a)',
  'ADD #a :a SET constructor = :b',
  'SET #a = :a, #a = :b',
];
const value = fc.oneof(
  fc.record({ S: fc.string() }),
  fc.record({ N: fc.nat().map(String) }),
  fc.record({ SS: fc.constant(['x']) }),
  fc.record({ L: fc.constant([{ S: 'x' }]) }),
  fc.record({ S: fc.constant('S') }),
);
const context = fc.record({
  attrNames: fc.record({ '#a': fc.constantFrom('x', 'y'), '#b': fc.constant('b'), '#c': fc.constant('c') }),
  attrVals: fc.record({ ':a': value, ':b': value }),
});

describe.each([
  ['conditionParser', CONDITIONS],
  ['updateParser', UPDATES],
])('what %s parsed and was remembered', (name, texts) => {
  it('is what it would parse again, whatever the values, and free to be changed', () => {
    const plain: ExpressionParser = { parse: require(`dynalite/db/${name}.js`).parse };
    const remembered: ExpressionParser = { parse: plain.parse };
    rememberExpressions(remembered);
    const outcome = (parser: ExpressionParser, text: string, given: Given) => {
      const { attrNames, attrVals } = structuredClone(given);
      const rules = {
        isReserved: (word: string) => word === 'status',
        compare: (_: string, x: object, y: object) => JSON.stringify(x) > JSON.stringify(y),
      };
      const unused = { unusedAttrNames: { ...attrNames }, unusedAttrVals: { ...attrVals } };
      try {
        const parsed = parser.parse(text, { context: Object.assign({ attrNames, attrVals }, rules, unused) });
        const seen = JSON.stringify([parsed, unused]);
        // As dynalite does while it works.
        if (typeof parsed === 'object' && parsed !== null) for (const key of Object.keys(parsed)) spoil(parsed, key);
        return seen;
      } catch (error) {
        return String(error);
      }
    };
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...texts), context), { minLength: 1, maxLength: 12 }),
        (requests) => {
          for (const [text, given] of requests) {
            expect(outcome(remembered, text, given)).toBe(outcome(plain, text, given));
          }
        },
      ),
    );
  });
});

function spoil(parsed: object, key: string): void {
  const part: unknown = Reflect.get(parsed, key);
  if (Array.isArray(part)) part.push('spoilt');
  else if (typeof part === 'object' && part !== null) Object.assign(part, { type: 'spoilt', args: [] });
}
