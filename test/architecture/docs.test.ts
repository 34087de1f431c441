import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Paths of this tree that a page names in code, without those that hold a placeholder. */
function pathsIn(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  const paths = text.match(/(?<![\w./-])(?:functions|infra|schemas|statemachines|test)\/[\w./*{},-]*/g) ?? [];
  return [...new Set(paths)].map((path) => path.replace(/[.,]$/, ''));
}

describe.each(['README.md', 'CONTRIBUTING.md', 'infra/runtime/README.md'])('%s', (page) => {
  it('names no path that is not there', () => {
    const missing = pathsIn(page).filter((path) =>
      /[*{]/.test(path) ? globSync(path, { cwd: root }).length === 0 : !existsSync(join(root, path)),
    );
    expect(missing).toEqual([]);
  });
});
