import { invalid, invalidParameter } from '../refusals.ts';
import { type AttributeValue, attribute, copyOf, type Item, membersOf, typeOf } from '../values/attribute-value.ts';
import { addNumbers, NotANumber, negated } from '../values/number.ts';
import { parseUpdate } from './parse-update.ts';
import { type PathTree, pathTree, project, valueAt } from './paths.ts';
import { inExpression, type Path, type Placeholders } from './placeholders.ts';
import { remember } from './remember.ts';
import { type Assigned, BadExpression, type Operand, type UpdateAction } from './syntax.ts';

/** What becomes of what is at a path; undefined when it is no longer there. `item` is as it was before. */
type Change = (old: AttributeValue | undefined, item: Item) => AttributeValue | undefined;
type Steps = ReadonlyMap<string | number, PathTree<Change>>;

export interface Update {
  /** @throws AwsError when the item does not allow it */
  apply(item: Item): Item;
  /** Those parts of an item that the update speaks of. */
  updatedOf(item: Item): Item;
}

const syntaxOf = remember(parseUpdate);

/**
 * Makes the update that an expression is, with the names and values of a request.
 * @param keys attributes that no update may touch
 * @throws AwsError
 */
export function bindUpdate(text: string, placeholders: Placeholders, keys: readonly string[]): Update {
  const steps: Steps = inExpression('UpdateExpression', () =>
    pathTree(syntaxOf(text).map((action) => [placeholders.path(action.path), bind(action, placeholders)] as const)),
  );
  const key = keys.find((name) => steps.has(name));
  if (key !== undefined) {
    throw invalidParameter(`Cannot update attribute ${key}. This attribute is part of the key`);
  }
  return {
    apply: (item) => applyToMap(item, steps, item),
    updatedOf: (item) => project(item, steps),
  };
}

function bind(action: UpdateAction, placeholders: Placeholders): Change {
  switch (action.section) {
    case 'SET': {
      const value = bindAssigned(action.value, placeholders);
      return (_, item) => value(item);
    }
    case 'REMOVE':
      return () => undefined;
    case 'ADD':
      return adding(placeholders.value(action.placeholder));
    case 'DELETE':
      return removing(placeholders.value(action.placeholder));
  }
}

type Evaluate = (item: Item) => AttributeValue;

function bindAssigned(assigned: Assigned, placeholders: Placeholders): Evaluate {
  if (assigned.kind === 'operand') return bindOperand(assigned.operand, placeholders);
  const { kind } = assigned;
  const [left, right] = [assigned.left, assigned.right].map((operand) => number(kind, operand, placeholders));
  if (left === undefined || right === undefined) throw new TypeError('two operands');
  return (item) => ({ N: sum(left(item), kind === '+' ? right(item) : negated(right(item))) });
}

function number(operator: string, operand: Operand, placeholders: Placeholders): (item: Item) => string {
  const value = bindOperand(operand, placeholders);
  checkLiteral(operator, operand, placeholders, 'N');
  return (item) => {
    const found = value(item);
    return 'N' in found ? found.N : wrongType();
  };
}

function bindOperand(operand: Operand, placeholders: Placeholders): Evaluate {
  if (operand.kind === 'value') {
    const value = placeholders.value(operand.placeholder);
    return () => value;
  }
  if (operand.kind === 'path') {
    const path = placeholders.path(operand.path);
    return (item) => valueAt(item, path) ?? missing();
  }
  const [first, second, third] = operand.args;
  if (operand.name !== 'if_not_exists' && operand.name !== 'list_append') {
    throw new BadExpression(`Invalid function name; function: ${operand.name}`);
  }
  if (first === undefined || second === undefined || third !== undefined) {
    const counted = `operator or function: ${operand.name}, number of operands: ${operand.args.length}`;
    throw new BadExpression(`Incorrect number of operands for operator or function; ${counted}`);
  }
  const make = operand.name === 'if_not_exists' ? ifNotExists : listAppend;
  return make(first, second, placeholders);
}

function ifNotExists(first: Operand, second: Operand, placeholders: Placeholders): Evaluate {
  if (first.kind !== 'path') {
    throw new BadExpression('Operator or function requires a document path; operator or function: if_not_exists');
  }
  const path: Path = placeholders.path(first.path);
  const otherwise = bindOperand(second, placeholders);
  return (item) => valueAt(item, path) ?? otherwise(item);
}

function listAppend(first: Operand, second: Operand, placeholders: Placeholders): Evaluate {
  const [head, tail] = [bindOperand(first, placeholders), bindOperand(second, placeholders)];
  for (const operand of [first, second]) checkLiteral('list_append', operand, placeholders, 'L');
  return (item) => {
    const [left, right] = [head(item), tail(item)];
    return 'L' in left && 'L' in right ? { L: [...left.L, ...right.L] } : wrongType();
  };
}

function checkLiteral(name: string, operand: Operand, placeholders: Placeholders, type: 'N' | 'L'): void {
  if (operand.kind !== 'value') return;
  const found = typeOf(placeholders.value(operand.placeholder));
  if (found === type) return;
  const rule = 'Incorrect operand type for operator or function';
  throw new BadExpression(`${rule}; operator or function: ${name}, operand type: ${found}`);
}

function adding(value: AttributeValue): Change {
  if ('N' in value) {
    return (old) => (old === undefined ? value : 'N' in old ? { N: sum(old.N, value.N) } : wrongType());
  }
  const added = membersOrRefuse('ADD', value);
  return (old) => (old === undefined ? value : setOf(value, new Set([...membersLike(value, old), ...added])));
}

function removing(value: AttributeValue): Change {
  const removed = membersOrRefuse('DELETE', value);
  return (old) => {
    if (old === undefined) return undefined;
    const left = new Set(membersLike(value, old));
    for (const member of removed) left.delete(member);
    return left.size === 0 ? undefined : setOf(value, left);
  };
}

function membersOrRefuse(operator: string, value: AttributeValue): readonly string[] {
  const members = membersOf(value);
  if (members !== undefined) return members;
  const names = { S: 'STRING', N: 'NUMBER', B: 'BINARY', NULL: 'NULL', BOOL: 'BOOLEAN', L: 'LIST', M: 'MAP' };
  const type: string = { ...names, SS: '', NS: '', BS: '' }[typeOf(value)];
  const rule = 'Incorrect operand type for operator or function';
  throw new BadExpression(`${rule}; operator: ${operator}, operand type: ${type}`);
}

const membersLike = (value: AttributeValue, old: AttributeValue): readonly string[] =>
  typeOf(old) === typeOf(value) ? (membersOf(old) ?? []) : wrongType();

function setOf(like: AttributeValue, members: ReadonlySet<string>): AttributeValue {
  if ('SS' in like) return { SS: [...members] };
  return 'NS' in like ? { NS: [...members] } : { BS: [...members] };
}

function applyToMap(map: Item, steps: Steps, item: Item): Item {
  const changed = copyOf(map);
  for (const [name, node] of steps) {
    const value = typeof name === 'number' ? wrongPath() : changeAt(attribute(map, name), node, item);
    if (value === undefined) delete changed[name];
    else changed[name] = value;
  }
  return changed;
}

/** Indexes are those of the list before; what is set behind its end is appended, and what is removed closes up. */
function applyToList(list: readonly AttributeValue[], steps: Steps, item: Item): readonly AttributeValue[] {
  const changed = new Map<number, AttributeValue | undefined>(list.entries());
  for (const [index, node] of steps) {
    if (typeof index !== 'number') return wrongPath();
    changed.set(index, changeAt(list[index], node, item));
  }
  const inOrder = [...changed].sort(([a], [b]) => a - b);
  return inOrder.flatMap(([, value]) => value ?? []);
}

function changeAt(value: AttributeValue | undefined, node: PathTree<Change>, item: Item): AttributeValue | undefined {
  if ('leaf' in node) return node.leaf(value, item);
  if (value !== undefined && 'M' in value) return { M: applyToMap(value.M, node.steps, item) };
  if (value !== undefined && 'L' in value) return { L: applyToList(value.L, node.steps, item) };
  return wrongPath();
}

function sum(a: string, b: string): string {
  try {
    return addNumbers(a, b);
  } catch (error) {
    throw error instanceof NotANumber ? invalid(error.message) : error;
  }
}

function missing(): never {
  throw invalid('The provided expression refers to an attribute that does not exist in the item');
}
function wrongType(): never {
  throw invalid('An operand in the update expression has an incorrect data type');
}
function wrongPath(): never {
  throw invalid('The document path provided in the update expression is invalid for update');
}
