import { type AttributeValue, attribute, copyOf, type Item } from '../values/attribute-value.ts';
import type { Path } from './placeholders.ts';
import { BadExpression } from './syntax.ts';

/** What is at a path of an item. */
export function valueAt(item: Item, path: Path): AttributeValue | undefined {
  let value: AttributeValue | undefined = { M: item };
  for (const step of path) {
    if (value === undefined) return undefined;
    value = typeof step === 'number' ? memberAt(value, step) : 'M' in value ? attribute(value.M, step) : undefined;
  }
  return value;
}

const memberAt = (value: AttributeValue, index: number) => ('L' in value ? value.L[index] : undefined);

/** Several paths by their steps, and something at the end of each. No path may run through the end of another. */
export type PathTree<T> = { readonly leaf: T } | { readonly steps: Map<string | number, PathTree<T>> };

/** @throws BadExpression when two of the paths overlap or conflict */
export function pathTree<T>(leaves: readonly (readonly [path: Path, leaf: T])[]): Map<string | number, PathTree<T>> {
  const root = new Map<string | number, PathTree<T>>();
  for (const [index, [path, leaf]] of leaves.entries()) {
    let steps = root;
    for (const [depth, step] of path.entries()) {
      const [sibling] = steps.keys();
      const conflicts = sibling !== undefined && typeof sibling !== typeof step;
      const found = steps.get(step);
      const last = depth === path.length - 1;
      if (conflicts || (found !== undefined && (last || 'leaf' in found))) {
        const others = leaves.slice(0, index).map(([other]) => other);
        throw overlap(conflicts ? 'conflict' : 'overlap', path, others, depth);
      }
      const node: PathTree<T> = found ?? (last ? { leaf } : { steps: new Map() });
      steps.set(step, node);
      if ('steps' in node) steps = node.steps;
    }
  }
  return root;
}

function overlap(how: 'overlap' | 'conflict', path: Path, others: readonly Path[], depth: number): BadExpression {
  const upTo = how === 'overlap' ? depth + 1 : depth;
  const other = others.find((each) => each.slice(0, upTo).every((step, at) => step === path[at])) ?? [];
  const advice = 'must remove or rewrite one of these paths';
  const paths = `path one: ${pathText(other)}, path two: ${pathText(path)}`;
  return new BadExpression(`Two document paths ${how} with each other; ${advice}; ${paths}`);
}

export const pathText = (path: Path) =>
  `[${path.map((step) => (typeof step === 'number' ? `[${step}]` : step)).join(', ')}]`;

/** Only what is at these paths; lists close up over what is left out. */
export function project(item: Item, steps: ReadonlyMap<string | number, PathTree<unknown>>): Item {
  const projected = copyOf({});
  for (const [name, node] of steps) {
    const value = typeof name === 'string' ? attribute(item, name) : undefined;
    const shown = value && projectValue(value, node);
    if (shown !== undefined) projected[name] = shown;
  }
  return projected;
}

function projectValue(value: AttributeValue, node: PathTree<unknown>): AttributeValue | undefined {
  if ('leaf' in node) return value;
  if ('M' in value) {
    const shown = project(value.M, node.steps);
    return Object.keys(shown).length === 0 ? undefined : { M: shown };
  }
  if (!('L' in value)) return undefined;
  const shown = value.L.flatMap((member, index) => {
    const step = node.steps.get(index);
    return (step && projectValue(member, step)) ?? [];
  });
  return shown.length === 0 ? undefined : { L: shown };
}
