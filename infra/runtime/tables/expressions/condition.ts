import {
  type AttributeType,
  type AttributeValue,
  attribute,
  bytesOf,
  type Item,
  membersOf,
  TYPES,
  typeOf,
} from '../values/attribute-value.ts';
import { compareValues, equal, lengthOf } from '../values/compare.ts';
import { parseCondition } from './parse-condition.ts';
import { pathText, valueAt } from './paths.ts';
import { inExpression, type Path, type Placeholders } from './placeholders.ts';
import { remember } from './remember.ts';
import { BadExpression, type Comparator, type Condition, type Operand } from './syntax.ts';

export type Predicate = (item: Item) => boolean;

/** An operand of this request: where it is, what it is, or how long that is. */
interface Bound {
  readonly of: (item: Item) => AttributeValue | undefined;
  readonly path?: Path;
  readonly literal?: AttributeValue;
  readonly call?: string;
}

export const conditionSyntax = remember(parseCondition);

/**
 * Makes the test that an expression is, with the names and values of a request.
 * @param kind as AWS calls it, e.g. `ConditionExpression`
 * @param path told every path that the expression looks at
 * @throws AwsError
 */
export function bindCondition(
  kind: string,
  text: string,
  placeholders: Placeholders,
  looksAt: (path: Path) => void = () => undefined,
): Predicate {
  return inExpression(kind, () => bind(conditionSyntax(text), placeholders, looksAt));
}

function bind(condition: Condition, placeholders: Placeholders, looksAt: (path: Path) => void): Predicate {
  const part = (each: Condition) => bind(each, placeholders, looksAt);
  const operand = (each: Operand) => bindOperand(each, placeholders, looksAt);
  switch (condition.kind) {
    case 'and': {
      const parts = condition.parts.map(part);
      return (item) => parts.every((holds) => holds(item));
    }
    case 'or': {
      const parts = condition.parts.map(part);
      return (item) => parts.some((holds) => holds(item));
    }
    case 'not': {
      const holds = part(condition.part);
      return (item) => !holds(item);
    }
    case 'compare':
      return comparison(condition.by, operand(condition.left), operand(condition.right));
    case 'between':
      return between(operand(condition.value), operand(condition.low), operand(condition.high));
    case 'in': {
      const [value, list] = [operand(condition.value), condition.list.map(operand)];
      if (list.length > 100) throw operandCount('IN', list.length);
      return (item) => {
        const found = value.of(item);
        return found !== undefined && list.some((each) => isEqual(found, each.of(item)));
      };
    }
    case 'call':
      return call(condition.name, condition.args.map(operand));
  }
}

function bindOperand(operand: Operand, placeholders: Placeholders, looksAt: (path: Path) => void): Bound {
  if (operand.kind === 'value') {
    const literal = placeholders.value(operand.placeholder);
    return { literal, of: () => literal };
  }
  if (operand.kind === 'path') {
    const path = placeholders.path(operand.path);
    looksAt(path);
    const [first] = path;
    if (path.length === 1 && typeof first === 'string') return { path, of: (item) => attribute(item, first) };
    return { path, of: (item) => valueAt(item, path) };
  }
  if (operand.name !== 'size') {
    if (operand.name in CALLS) throw misused(operand.name);
    throw new BadExpression(`Invalid function name; function: ${operand.name}`);
  }
  const args = operand.args.map((each) => bindOperand(each, placeholders, looksAt));
  const [measured] = args;
  if (measured === undefined || args.length !== 1) throw operandCount('size', args.length);
  if (measured.literal !== undefined) checkType('size', measured, ['S', 'B', 'SS', 'NS', 'BS', 'M', 'L']);
  return {
    call: 'size',
    of: (item) => {
      const value = measured.of(item);
      const length = value === undefined ? undefined : lengthOf(value);
      return length === undefined ? undefined : { N: String(length) };
    },
  };
}

const SCALARS: readonly AttributeType[] = ['S', 'N', 'B'];

const isEqual = (a: AttributeValue | undefined, b: AttributeValue | undefined) =>
  a !== undefined && b !== undefined && equal(a, b);

function comparison(by: Comparator, left: Bound, right: Bound): Predicate {
  checkDistinct(by, left, right);
  if (by === '=') return (item) => isEqual(left.of(item), right.of(item));
  if (by === '<>') return (item) => !isEqual(left.of(item), right.of(item));
  for (const operand of [left, right]) checkType(by, operand, SCALARS);
  const holds = ORDERS[by];
  return (item) => {
    const order = ordered(left.of(item), right.of(item));
    return order !== undefined && holds(order);
  };
}

const ORDERS = {
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
} as const;

const ordered = (a: AttributeValue | undefined, b: AttributeValue | undefined) =>
  a === undefined || b === undefined ? undefined : compareValues(a, b);

function between(value: Bound, low: Bound, high: Bound): Predicate {
  for (const operand of [value, low, high]) checkType('BETWEEN', operand, SCALARS);
  checkBounds(low.literal, high.literal);
  return (item) => {
    const found = value.of(item);
    const [fromLow, toHigh] = [ordered(low.of(item), found), ordered(found, high.of(item))];
    return fromLow !== undefined && toHigh !== undefined && fromLow <= 0 && toHigh <= 0;
  };
}

/** @throws BadExpression for bounds between which nothing can be */
export function checkBounds(low: AttributeValue | undefined, high: AttributeValue | undefined): void {
  if (low === undefined || high === undefined) return;
  const order = compareValues(low, high);
  const text = (value: AttributeValue) => `AttributeValue: {${Object.entries(value).join().replace(',', ':')}}`;
  const bounds = `lower bound operand: ${text(low)}, upper bound operand: ${text(high)}`;
  if (order === undefined) {
    throw new BadExpression(`The BETWEEN operator requires same data type for lower and upper bounds; ${bounds}`);
  }
  if (order > 0) {
    const rule = 'requires upper bound to be greater than or equal to lower bound';
    throw new BadExpression(`The BETWEEN operator ${rule}; ${bounds}`);
  }
}

const CALLS: Readonly<Record<string, (args: readonly Bound[]) => Predicate>> = {
  attribute_exists([path]) {
    needPath('attribute_exists', path);
    return (item) => path?.of(item) !== undefined;
  },
  attribute_not_exists([path]) {
    needPath('attribute_not_exists', path);
    return (item) => path?.of(item) === undefined;
  },
  attribute_type([path, named]) {
    needPath('attribute_type', path);
    const type = named?.literal !== undefined && 'S' in named.literal ? named.literal.S : undefined;
    if (type === undefined) throw wrongOperand('attribute_type', named);
    if (!TYPES.some((each) => each === type)) {
      throw new BadExpression(`Invalid attribute type name found; type: ${type}, valid types: {${TYPES.join()}}`);
    }
    return (item) => {
      const value = path?.of(item);
      return value !== undefined && typeOf(value) === type;
    };
  },
  begins_with([value, prefix]) {
    for (const operand of [value, prefix]) checkType('begins_with', operand, ['S', 'B']);
    return (item) => beginsWith(value?.of(item), prefix?.of(item));
  },
  contains([container, member]) {
    return (item) => contains(container?.of(item), member?.of(item));
  },
};
const OPERANDS: Readonly<Record<string, number>> = { attribute_exists: 1, attribute_not_exists: 1 };

function call(name: string, args: readonly Bound[]): Predicate {
  if (name === 'size') throw misused(name);
  const make = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
  if (make === undefined) throw new BadExpression(`Invalid function name; function: ${name}`);
  if (args.length !== (OPERANDS[name] ?? 2)) throw operandCount(name, args.length);
  const [first, second] = args;
  if (first !== undefined && second !== undefined) checkDistinct(name, first, second);
  return make(args);
}

function beginsWith(value: AttributeValue | undefined, prefix: AttributeValue | undefined): boolean {
  if (value === undefined || prefix === undefined) return false;
  if ('S' in value && 'S' in prefix) return value.S.startsWith(prefix.S);
  if (!('B' in value && 'B' in prefix)) return false;
  const start = bytesOf(prefix.B);
  return bytesOf(value.B).subarray(0, start.length).equals(start);
}

function contains(container: AttributeValue | undefined, member: AttributeValue | undefined): boolean {
  if (container === undefined || member === undefined) return false;
  if ('L' in container) return container.L.some((each) => equal(each, member));
  if ('S' in container) return 'S' in member && container.S.includes(member.S);
  if ('B' in container) return 'B' in member && bytesOf(container.B).includes(bytesOf(member.B));
  const isOfSet = typeOf(container) === `${typeOf(member)}S`;
  const scalar = 'S' in member ? member.S : 'N' in member ? member.N : 'B' in member ? member.B : undefined;
  return isOfSet && scalar !== undefined && (membersOf(container)?.includes(scalar) ?? false);
}

function needPath(name: string, operand: Bound | undefined): void {
  if (operand?.path !== undefined) return;
  throw new BadExpression(`Operator or function requires a document path; operator or function: ${name}`);
}

function checkType(name: string, operand: Bound | undefined, types: readonly AttributeType[]): void {
  const type = operand?.literal === undefined ? undefined : typeOf(operand.literal);
  if (type !== undefined && !types.includes(type)) throw wrongOperand(name, operand);
}

function checkDistinct(name: string, { path: first }: Bound, { path: second }: Bound): void {
  if (first === undefined || second === undefined || pathText(first) !== pathText(second)) return;
  const rule = 'The first operand must be distinct from the remaining operands for this operator or function';
  throw new BadExpression(`${rule}; operator: ${name}, first operand: ${pathText(first)}`);
}

function wrongOperand(name: string, operand: Bound | undefined): BadExpression {
  const type = operand?.literal === undefined ? `{${TYPES.join()}}` : typeOf(operand.literal);
  const rule = 'Incorrect operand type for operator or function';
  return new BadExpression(`${rule}; operator or function: ${name}, operand type: ${type}`);
}

function operandCount(name: string, count: number): BadExpression {
  const rule = 'Incorrect number of operands for operator or function';
  return new BadExpression(`${rule}; operator or function: ${name}, number of operands: ${count}`);
}

const misused = (name: string) =>
  new BadExpression(`The function is not allowed to be used this way in an expression; function: ${name}`);
