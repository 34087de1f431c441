import { invalid, invalidParameter } from '../refusals.ts';
import { afterAll, type Key, keyOf, keyPrefix } from '../storage/keys.ts';
import type { Range } from '../storage/trees.ts';
import { type AttributeValue, typeOf } from '../values/attribute-value.ts';
import { checkKeyValues, type KeyAttribute } from '../view.ts';
import { checkBounds, conditionSyntax } from './condition.ts';
import { inExpression, type Placeholders } from './placeholders.ts';
import { BadExpression, type Comparator, type Condition, type Operand } from './syntax.ts';

type Operator = Exclude<Comparator, '<>'> | 'BETWEEN' | 'begins_with';

interface KeyTest {
  readonly name: string;
  readonly operator: Operator;
  readonly values: readonly AttributeValue[];
}

/** The keys that a query asks for. @throws AwsError for what is not one partition and one range of sort keys */
export function bindKeyCondition(text: string, placeholders: Placeholders, keys: readonly KeyAttribute[]): Range {
  const tests = inExpression('KeyConditionExpression', () =>
    partsOf(conditionSyntax(text)).map((part) => testOf(part, placeholders)),
  );
  return rangeOf(tests, keys);
}

function rangeOf(tests: readonly KeyTest[], [hash, range]: readonly KeyAttribute[]): Range {
  if (tests.length > 2) throw invalid('Conditions can be of length 1 or 2 only');
  if (new Set(tests.map((test) => test.name)).size < tests.length) {
    throw invalid('KeyConditionExpressions must only contain one condition per key');
  }
  const partition = tests.find((test) => test.name === hash?.name);
  if (hash === undefined || partition === undefined) throw missed(hash);
  const sort = tests.find((test) => test !== partition);
  if (partition.operator !== '=') throw invalid('Query key condition not supported');
  checkValues(hash, partition.values, 0);
  if (sort === undefined) return { from: keyOf(partition.values), to: afterAll(keyOf(partition.values)) };
  if (range === undefined) throw invalid('Query key condition not supported');
  if (sort.name !== range.name) throw missed(range);
  checkValues(range, sort.values, 1);
  return sortRange(partition.values, sort);
}

const missed = (key: KeyAttribute | undefined) => invalid(`Query condition missed key schema element: ${key?.name}`);

function checkValues(key: KeyAttribute, values: readonly AttributeValue[], at: number): void {
  for (const value of values) {
    if (typeOf(value) !== key.type) {
      throw invalidParameter('Condition parameter type does not match schema type');
    }
    // The rules differ between partition and sort key: by the place in the key.
    checkKeyValues([key, key], at === 0 ? [value] : [{ N: '0' }, value]);
  }
}

function sortRange(partition: readonly AttributeValue[], { operator, values: [first, second] }: KeyTest): Range {
  if (first === undefined) throw new TypeError('a test has a value');
  const all = { from: keyOf(partition), to: afterAll(keyOf(partition)) };
  const at = keyOf([...partition, first]);
  switch (operator) {
    case '=':
      return { from: at, to: afterAll(at) };
    case '<':
      return { from: all.from, to: at };
    case '<=':
      return { from: all.from, to: afterAll(at) };
    case '>':
      return { from: afterAll(at), to: all.to };
    case '>=':
      return { from: at, to: all.to };
    case 'BETWEEN':
      return { from: at, to: afterAll(keyOf([...partition, second ?? first])) };
    case 'begins_with': {
      const prefix: Key = keyPrefix(partition, first);
      return { from: prefix, to: afterAll(prefix) };
    }
  }
}

function partsOf(condition: Condition): readonly Condition[] {
  return condition.kind === 'and' ? condition.parts.flatMap(partsOf) : [condition];
}

function testOf(condition: Condition, placeholders: Placeholders): KeyTest {
  const wrong = (operator: string) => new BadExpression(`Invalid operator used in KeyConditionExpression: ${operator}`);
  switch (condition.kind) {
    case 'compare': {
      if (condition.by === '<>') throw wrong('<>');
      const { left, right, by } = condition;
      return left.kind === 'path'
        ? test(left, by, [right], placeholders)
        : test(right, TURNED[by], [left], placeholders);
    }
    case 'between': {
      const bounds = test(condition.value, 'BETWEEN', [condition.low, condition.high], placeholders);
      checkBounds(bounds.values[0], bounds.values[1]);
      return bounds;
    }
    case 'call': {
      const [key, prefix, ...more] = condition.args;
      if (condition.name !== 'begins_with') throw wrong(condition.name);
      if (key === undefined || prefix === undefined || more.length > 0) {
        throw new BadExpression(
          'Incorrect number of operands for operator or function; operator or function: begins_with',
        );
      }
      const begins = test(key, 'begins_with', [prefix], placeholders);
      const [value] = begins.values;
      if (value !== undefined && 'N' in value) {
        const rule = 'Incorrect operand type for operator or function';
        throw new BadExpression(`${rule}; operator or function: begins_with, operand type: N`);
      }
      return begins;
    }
    default:
      throw wrong(condition.kind.toUpperCase());
  }
}

const TURNED = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

function test(key: Operand, operator: Operator, operands: readonly Operand[], placeholders: Placeholders): KeyTest {
  if (key.kind !== 'path') {
    throw new BadExpression(`Invalid condition in KeyConditionExpression: ${operator} needs a key attribute`);
  }
  const [name, ...nested] = placeholders.path(key.path);
  if (typeof name !== 'string' || nested.length > 0) {
    throw new BadExpression('KeyConditionExpressions cannot have conditions on nested attributes');
  }
  const values = operands.map((operand) => {
    if (operand.kind === 'value') return placeholders.value(operand.placeholder);
    const what = operand.kind === 'path' ? 'Multiple attribute names used in one condition' : 'nested operations';
    throw new BadExpression(`Invalid condition in KeyConditionExpression: ${what}`);
  });
  return { name, operator, values };
}
