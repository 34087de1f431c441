import { isReserved } from './reserved-words.ts';
import { BadExpression, type Operand, type PathSyntax, type Step } from './syntax.ts';

const TOKEN = /\s*(?:([a-zA-Z][a-zA-Z0-9_]*|[#:][a-zA-Z0-9_]+|\d+|<>|<=|>=|[=<>()[\],.+-]))/y;
const WORD = /^[a-zA-Z]/;
const INDEX = /^\d+$/;
const END = '<EOF>';

/** The tokens of an expression, read from left to right. */
export class Tokens {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    if (text.trim() === '') throw new BadExpression('The expression can not be empty;');
    this.#tokens = split(text);
  }

  get next(): string {
    return this.#tokens[this.#at] ?? END;
  }

  take(): string {
    const token = this.next;
    this.#at++;
    return token;
  }

  /** Takes the next token if it is this one, or this keyword in whatever case. */
  takes(token: string): boolean {
    const found = this.next === token || (WORD.test(token) && this.next.toUpperCase() === token);
    if (found) this.#at++;
    return found;
  }

  expect(token: string): void {
    if (!this.takes(token)) this.fail();
  }

  end(): void {
    if (this.next !== END) this.fail();
  }

  fail(): never {
    const near = this.#tokens.slice(Math.max(0, this.#at - 1), this.#at + 2).join(' ');
    throw new BadExpression(`Syntax error; token: "${this.next}", near: "${near}"`);
  }

  /** One or more of them, with commas between. */
  list<T>(one: () => T): T[] {
    const all = [one()];
    while (this.takes(',')) all.push(one());
    return all;
  }

  path(): PathSyntax {
    return this.#pathFrom(this.take());
  }

  value(): string {
    if (!this.next.startsWith(':')) this.fail();
    return this.take();
  }

  /** A path, a `:` value or a call of a function. */
  operand(): Operand {
    if (this.next.startsWith(':')) return { kind: 'value', placeholder: this.take() };
    const first = this.take();
    if (this.next !== '(' || !WORD.test(first)) return { kind: 'path', path: this.#pathFrom(first) };
    this.expect('(');
    const args = this.list(() => this.operand());
    this.expect(')');
    return { kind: 'call', name: first, args };
  }

  #pathFrom(first: string): PathSyntax {
    const path: Step[] = [this.#name(first)];
    for (;;) {
      if (this.takes('.')) path.push(this.#name(this.take()));
      else if (this.takes('[')) {
        if (!INDEX.test(this.next)) this.fail();
        path.push({ index: Number(this.take()) });
        this.expect(']');
      } else return path;
    }
  }

  #name(token: string): Step {
    if (token.startsWith('#')) return { placeholder: token };
    if (!WORD.test(token)) {
      this.#at--;
      this.fail();
    }
    if (isReserved(token)) {
      throw new BadExpression(`Attribute name is a reserved keyword; reserved keyword: ${token}`);
    }
    return { name: token };
  }
}

function split(text: string): string[] {
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const [, token] = TOKEN.exec(text) ?? [];
    if (token === undefined) {
      const rest = text.slice(from).trimStart();
      throw new BadExpression(`Syntax error; token: "${rest[0]}", near: "${rest.slice(0, 10)}"`);
    }
    tokens.push(token);
  }
  return tokens;
}
