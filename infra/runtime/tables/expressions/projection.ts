import type { Item } from '../values/attribute-value.ts';
import { parseProjection } from './parse-update.ts';
import { pathTree, project } from './paths.ts';
import { inExpression, type Path, type Placeholders } from './placeholders.ts';
import { remember } from './remember.ts';

const syntaxOf = remember(parseProjection);

/**
 * Makes what shows an item as a projection expression asks for it.
 * @param text without one the whole item is shown
 * @param looksAt told every path of the expression
 * @throws AwsError
 */
export function bindProjection(
  text: string | undefined,
  placeholders: Placeholders,
  looksAt: (path: Path) => void = () => undefined,
): (item: Item) => Item {
  if (text === undefined) return (item) => item;
  const tree = inExpression('ProjectionExpression', () => {
    const paths = syntaxOf(text).map((path) => placeholders.path(path));
    for (const path of paths) looksAt(path);
    return pathTree(paths.map((path) => [path, null] as const));
  });
  return (item) => project(item, tree);
}
