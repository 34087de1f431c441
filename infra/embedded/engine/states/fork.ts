import type { Branch } from '../branch.ts';
import { BranchStopped } from '../errors.ts';
import type { Frame } from '../frame.ts';

/** Runs one child to its end; the first child of a parent that fails stops the others. */
export async function runChild<T>(parent: Branch, child: Branch, work: () => Promise<T>): Promise<T> {
  try {
    const result = await child.run(work);
    parent.joined(child);
    return result;
  } catch (error) {
    if (!(error instanceof BranchStopped)) parent.failFrom(child);
    throw error;
  }
}

/** Waits for lanes that run side by side; the clock is theirs to hold meanwhile. */
export function join(parent: Branch, lanes: readonly (() => Promise<void>)[]): Promise<void> {
  return parent.wait<void>((done, fail) => {
    Promise.all(lanes.map((lane) => lane())).then(() => done(), fail);
    return () => undefined;
  });
}

/** Records `<type>StateFailed` where the work in it fails. */
export async function failingAs<T>(frame: Frame, type: 'Map' | 'Parallel', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BranchStopped)) {
      frame.branch.record({ type: `${type}StateFailed` });
      frame.branch.active = undefined;
    }
    throw error;
  }
}
