import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../../infra/runtime/engine/json.ts';
import { createEvaluator, QueryFailed } from '../../../../infra/runtime/engine/jsonata.ts';

const evaluator = createEvaluator({ now: () => Date.parse('2026-03-01T12:00:00Z'), random: () => 0.25 });
const value = (expression: string, states: Record<string, JsonValue> = {}) =>
  evaluator.evaluate(`{% ${expression} %}`, 'Output', { states });

describe('JSONata as Step Functions has it', () => {
  it.each([
    ["$hash('abc', 'SHA-256')", createHash('sha256').update('abc').digest('hex')],
    ['$random()', 0.25],
    ['$random(7) = $random(7)', true],
    ['$random(7) = $random(8)', false],
    ['$uuid()', '44444444-4444-4444-9444-444444444444'],
    ['$parse(\'{"a": [1, null]}\')', { a: [1, null] }],
    ['$partition([1, 2, 3], 2)', [[1, 2], [3]]],
    ['$range(5, 1, -2)', [5, 3, 1]],
    ['$now()', '2026-03-01T12:00:00.000Z'],
    ["$now('[Y0001]')", '2026'],
    ['$millis()', Date.parse('2026-03-01T12:00:00Z')],
    ['$round(2.5)', 2],
    ['[1, 2, 3][$ > 2]', 3],
    ['null', null],
  ])('%s', async (expression, expected) => {
    expect(await value(expression)).toEqual(expected);
  });

  it.each([
    ['$missing', 'returned nothing (undefined).'],
    ['unqualified', 'returned nothing (undefined).'],
    ['$range(1, 0, 1)', 'returned nothing (undefined).'],
    ['$partition($missing, 1)', 'returned nothing (undefined).'],
    ["$hash($missing, 'MD5')", 'returned nothing (undefined).'],
    ['$parse($missing)', 'returned nothing (undefined).'],
    ['1 / 0', 'returned an unsupported result type.'],
    ["{'a': [0 / 0]}", 'returned an unsupported result type.'],
    ['function($x) { $x }', 'returned an unsupported result type.'],
    ["{'a': [$sum]}", 'returned an unsupported result type.'],
    ["1 + 'a'", 'threw an error during evaluation. T2002: '],
    ["$hash('a', 'MD2')", 'threw an error during evaluation. $hash: '],
    ["$parse('{')", 'threw an error during evaluation. '],
    ['$partition([1], 0)', 'threw an error during evaluation. $partition: '],
  ])('%s %s', async (expression, reason) => {
    await expect(value(expression)).rejects.toThrow(QueryFailed);
    await expect(value(expression)).rejects.toThrow(
      `The JSONata expression '${expression}' specified for the field 'Output' ${reason}`,
    );
  });

  it('names the place of a broken expression inside a template', async () => {
    const template = { a: ['fine', { b: '{% $gone %}' }] };
    await expect(evaluator.evaluate(template, 'Output', {})).rejects.toMatchObject({ location: 'Output/a[1]/b' });
  });

  it('takes only exact braces for an expression', async () => {
    const plain = [' {% 1 %}', '{% 1 %} ', '{%', '{%}', '$states.input', 'a {% 1 %} b'];
    expect(await evaluator.evaluate(plain, 'Output', {})).toEqual(plain);
  });

  it('never evaluates text that came as data', async () => {
    const input = { text: '{% $states.secret %}' };
    expect(await value('$states.input', { input, secret: 1 })).toEqual(input);
  });

  it('cuts results loose from what they were read from', async () => {
    const input = { list: [{ n: 1 }] };
    const result = await value('$filter($states.input.list, function($one) { true })[]', { input });
    expect(result).toEqual(input.list);
    expect(result).not.toBe(input.list);
  });

  it('passes a hostile key through as an ordinary key', async () => {
    const input: JsonValue = JSON.parse('{"__proto__": {"polluted": true}}');
    const result = await value('$states.input', { input });
    expect(JSON.stringify(result)).toBe('{"__proto__":{"polluted":true}}');
    expect(Object.hasOwn({}, 'polluted')).toBe(false);
  });
});
