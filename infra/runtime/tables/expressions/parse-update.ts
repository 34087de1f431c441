import { type Assigned, BadExpression, type PathSyntax, type UpdateAction } from './syntax.ts';
import { Tokens } from './tokens.ts';

/** Parses an update expression. @throws BadExpression */
export function parseUpdate(text: string): readonly UpdateAction[] {
  const tokens = new Tokens(text);
  const seen = new Set<string>();
  const actions: UpdateAction[] = [];
  do {
    const section = tokens.next.toUpperCase();
    if (seen.has(section)) {
      throw new BadExpression(`The "${section}" section can only be used once in an update expression;`);
    }
    seen.add(section);
    actions.push(...sectionOf(tokens));
  } while (/^[a-z]/i.test(tokens.next));
  tokens.end();
  return actions;
}

function sectionOf(tokens: Tokens): UpdateAction[] {
  if (tokens.takes('SET')) return tokens.list(() => assignment(tokens));
  if (tokens.takes('REMOVE')) return tokens.list(() => ({ section: 'REMOVE', path: tokens.path() }));
  for (const section of ['ADD', 'DELETE'] as const) {
    if (tokens.takes(section)) {
      return tokens.list(() => ({ section, path: tokens.path(), placeholder: tokens.value() }));
    }
  }
  return tokens.fail();
}

function assignment(tokens: Tokens): UpdateAction {
  const path = tokens.path();
  tokens.expect('=');
  return { section: 'SET', path, value: assigned(tokens) };
}

function assigned(tokens: Tokens): Assigned {
  const left = tokens.operand();
  for (const kind of ['+', '-'] as const) {
    if (tokens.takes(kind)) return { kind, left, right: tokens.operand() };
  }
  return { kind: 'operand', operand: left };
}

/** Parses a projection expression. @throws BadExpression */
export function parseProjection(text: string): readonly PathSyntax[] {
  const tokens = new Tokens(text);
  const paths = tokens.list(() => tokens.path());
  tokens.end();
  return paths;
}
