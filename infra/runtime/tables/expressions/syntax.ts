/** One step of a path: a name as it is, a `#` name, or an index of a list. */
export type Step = { readonly name: string } | { readonly placeholder: string } | { readonly index: number };
export type PathSyntax = readonly Step[];

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** What a condition compares. */
export type Operand =
  | { readonly kind: 'path'; readonly path: PathSyntax }
  | { readonly kind: 'value'; readonly placeholder: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Operand[] };

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | { readonly kind: 'compare'; readonly by: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'between'; readonly value: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly value: Operand; readonly list: readonly Operand[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Operand[] };

/** What SET puts: an operand, or the sum or difference of two. */
export type Assigned =
  | { readonly kind: 'operand'; readonly operand: Operand }
  | { readonly kind: '+' | '-'; readonly left: Operand; readonly right: Operand };

export type UpdateAction =
  | { readonly section: 'SET'; readonly path: PathSyntax; readonly value: Assigned }
  | { readonly section: 'REMOVE'; readonly path: PathSyntax }
  | { readonly section: 'ADD' | 'DELETE'; readonly path: PathSyntax; readonly placeholder: string };

/** An expression cannot be read, or means nothing; the words are AWS's where it has some. */
export class BadExpression extends Error {
  override readonly name = 'BadExpression' as const;
}
