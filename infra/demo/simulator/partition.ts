import type { QueueProfile } from './profile.ts';

interface Node {
  readonly name: string;
  readonly gpus: number;
  free: number;
  drained: boolean;
}

/** GPUs taken from nodes, to be released as they were taken. */
export type Allocation = readonly { readonly node: number; readonly gpus: number }[];

/** The nodes of one queue and what fits on them. A job with more GPUs than a node has takes whole nodes. */
export class Partition {
  readonly name: string;
  readonly gpusPerNode: number;
  readonly #nodes: Node[];

  constructor({ name, nodes, gpusPerNode }: QueueProfile) {
    this.name = name;
    this.gpusPerNode = gpusPerNode;
    this.#nodes = Array.from({ length: nodes }, (_, index) => ({
      name: `${name}-${index + 1}`,
      gpus: gpusPerNode,
      free: gpusPerNode,
      drained: false,
    }));
  }

  get totalNodes(): number {
    return this.#nodes.length;
  }
  get readyNodes(): number {
    return this.#nodes.filter((node) => !node.drained).length;
  }
  get totalGpus(): number {
    return this.#nodes.length * this.gpusPerNode;
  }
  get usedGpus(): number {
    return this.#nodes.reduce((sum, node) => sum + node.gpus - node.free, 0);
  }
  /** Free GPUs per node; null for a drained node. */
  free(): (number | null)[] {
    return this.#nodes.map((node) => (node.drained ? null : node.free));
  }
  /** Free GPUs according to an inventory that does not know about drained nodes. */
  believedFree(): number[] {
    return this.#nodes.map((node) => node.free);
  }

  /** Whether a job of this size could ever run here. */
  couldHold(gpus: number): boolean {
    return (
      nodesFor(
        gpus,
        this.#nodes.map((node) => node.gpus),
        this.gpusPerNode,
      ) !== null
    );
  }

  /** Takes GPUs for a job; if it does not fit, returns null and takes nothing. */
  take(gpus: number): Allocation | null {
    const allocation = nodesFor(gpus, this.free(), this.gpusPerNode);
    for (const part of allocation ?? []) this.#node(part.node).free -= part.gpus;
    return allocation;
  }

  release(allocation: Allocation): void {
    for (const part of allocation) {
      const node = this.#node(part.node);
      node.free += part.gpus;
      if (node.free > node.gpus) throw new RangeError(`node ${node.name} was given back more GPUs than it has`);
    }
  }

  /** Drains this many nodes: running jobs finish, new ones do not start there. */
  drain(nodes: number): void {
    for (const node of this.#nodes.slice(0, nodes)) node.drained = true;
  }

  /** Lets all drained nodes take jobs again. */
  resume(): void {
    for (const node of this.#nodes) node.drained = false;
  }

  #node(index: number): Node {
    const node = this.#nodes[index];
    if (!node) throw new RangeError(`${this.name} has no node ${index}`);
    return node;
  }
}

/**
 * Best fit: the fullest node that still has room, or whole nodes for a job larger than one. Null if it does not fit.
 */
export function nodesFor(gpus: number, free: readonly (number | null)[], perNode: number): Allocation | null {
  if (gpus === 0) return [];
  if (gpus <= perNode) {
    let best: number | null = null;
    for (const [index, room] of free.entries()) {
      if (room === null || room < gpus) continue;
      if (best === null || room < (free[best] ?? 0)) best = index;
    }
    return best === null ? null : [{ node: best, gpus }];
  }
  const parts: { node: number; gpus: number }[] = [];
  let left = gpus;
  for (const [index, room] of free.entries()) {
    if (left <= 0) break;
    if (room !== perNode) continue;
    parts.push({ node: index, gpus: Math.min(left, perNode) });
    left -= perNode;
  }
  return left > 0 ? null : parts;
}
