import { BadExpression, type Comparator, type Condition } from './syntax.ts';
import { Tokens } from './tokens.ts';

const COMPARATORS: readonly string[] = ['=', '<>', '<', '<=', '>', '>='] satisfies Comparator[];
const isComparator = (token: string): token is Comparator => COMPARATORS.includes(token);

/** Conditions that stand in parentheses as a whole. */
const inParentheses = new WeakSet<Condition>();

/** Parses a condition, a filter or a key condition. @throws BadExpression */
export function parseCondition(text: string): Condition {
  const tokens = new Tokens(text);
  const condition = either(tokens);
  tokens.end();
  return condition;
}

function either(tokens: Tokens): Condition {
  const parts = [both(tokens)];
  while (tokens.takes('OR')) parts.push(both(tokens));
  return joined('or', parts);
}

function both(tokens: Tokens): Condition {
  const parts = [negation(tokens)];
  while (tokens.takes('AND')) parts.push(negation(tokens));
  return joined('and', parts);
}

function joined(kind: 'and' | 'or', parts: readonly Condition[]): Condition {
  const [only, second] = parts;
  return only !== undefined && second === undefined ? only : { kind, parts };
}

function negation(tokens: Tokens): Condition {
  return tokens.takes('NOT') ? { kind: 'not', part: negation(tokens) } : single(tokens);
}

function single(tokens: Tokens): Condition {
  if (tokens.takes('(')) {
    const inner = either(tokens);
    tokens.expect(')');
    if (inParentheses.has(inner)) throw new BadExpression('The expression has redundant parentheses;');
    inParentheses.add(inner);
    return inner;
  }
  const left = tokens.operand();
  if (tokens.takes('BETWEEN')) {
    const low = tokens.operand();
    tokens.expect('AND');
    return { kind: 'between', value: left, low, high: tokens.operand() };
  }
  if (tokens.takes('IN')) {
    tokens.expect('(');
    const list = tokens.list(() => tokens.operand());
    tokens.expect(')');
    return { kind: 'in', value: left, list };
  }
  const by = tokens.next;
  if (isComparator(by)) {
    tokens.take();
    return { kind: 'compare', by, left, right: tokens.operand() };
  }
  if (left.kind !== 'call') tokens.fail();
  return left;
}
