import { invalid } from '../refusals.ts';
import type { AttributeValue } from '../values/attribute-value.ts';
import { parseValue } from '../values/parse-value.ts';
import { BadExpression, type PathSyntax } from './syntax.ts';

/** A path with its names: what to look up, step by step. */
export type Path = readonly (string | number)[];

interface Given {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>> | undefined;
}

/** What the `#` names and `:` values of one request stand for, and which of them its expressions use. */
export class Placeholders {
  readonly #names = new Map<string, string>();
  readonly #values = new Map<string, AttributeValue>();
  readonly #unused: Set<string>;

  /**
   * @param given as it came
   * @param expressions those of the request that may use names, and those that may use values
   * @throws AwsError
   */
  constructor(given: Given, expressions: { readonly names: readonly unknown[]; readonly values?: readonly unknown[] }) {
    const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = given;
    const some = (all: readonly unknown[] = []) => all.some((expression) => expression !== undefined);
    check('ExpressionAttributeNames', names, /^#[a-zA-Z0-9_]+$/, some(expressions.names));
    check('ExpressionAttributeValues', values, /^:[a-zA-Z0-9_]+$/, some(expressions.values));
    for (const [key, name] of Object.entries(names ?? {})) this.#names.set(key, name);
    for (const [key, value] of Object.entries(values ?? {})) this.#values.set(key, parseValue(value));
    this.#unused = new Set([...this.#names.keys(), ...this.#values.keys()]);
  }

  path(syntax: PathSyntax): Path {
    return syntax.map((step) => {
      if ('index' in step) return step.index;
      return 'name' in step ? step.name : this.#name(step.placeholder);
    });
  }

  value(placeholder: string): AttributeValue {
    const value = this.#values.get(placeholder);
    if (value === undefined) {
      const words = 'An expression attribute value used in expression is not defined';
      throw new BadExpression(`${words}; attribute value: ${placeholder}`);
    }
    this.#unused.delete(placeholder);
    return value;
  }

  /** To be called when all expressions are bound. @throws AwsError when something is left over */
  end(): void {
    for (const [sign, what] of [['#', 'Names'] as const, [':', 'Values'] as const]) {
      const unused = [...this.#unused].filter((key) => key.startsWith(sign));
      if (unused.length === 0) continue;
      const keys = `keys: {${unused.join(', ')}}`;
      throw invalid(`Value provided in ExpressionAttribute${what} unused in expressions: ${keys}`);
    }
  }

  #name(placeholder: string): string {
    const name = this.#names.get(placeholder);
    if (name === undefined) {
      const words = 'An expression attribute name used in the document path is not defined';
      throw new BadExpression(`${words}; attribute name: ${placeholder}`);
    }
    this.#unused.delete(placeholder);
    return name;
  }
}

function check(field: string, given: object | undefined, syntax: RegExp, used: boolean): void {
  if (given === undefined) return;
  if (!used) throw invalid(`${field} can only be specified when using expressions`);
  const keys = Object.keys(given);
  if (keys.length === 0) throw invalid(`${field} must not be empty`);
  const wrong = keys.find((key) => !syntax.test(key));
  if (wrong !== undefined) throw invalid(`${field} contains invalid key: Syntax error; key: "${wrong}"`);
}

/** Says of which expression a fault is. @throws AwsError */
export function inExpression<T>(kind: string, bind: () => T): T {
  try {
    return bind();
  } catch (error) {
    throw error instanceof BadExpression ? invalid(`Invalid ${kind}: ${error.message}`) : error;
  }
}
