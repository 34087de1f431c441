/** What a job requested; NaN where its text does not say. */
export interface Resources {
  gpus: number;
  procs: number;
}

const GPU = /^(?:gres[/:])?gpu(?::(?!\d)[^=:]+)?(?:[=:](\d+(?:\.\d+)?)([kmg]?))?$/i;
/** The sum over all models, listed beside them. */
const ALL_GPUS = /^gres\/gpu=/i;
const CPU = /^cpu=(\d+(?:\.\d+)?)([kmg]?)$/i;
const TIMES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
/** Most sites have few shapes of jobs; beyond this many nothing is cached. */
const KEPT = 10_000;
const known = new Map<string, Resources>();

/** Slurm's `billing=4,cpu=8,gres/gpu:a100=4,gres/gpu=4` (TRES, of the whole job) and `gpu:a100:4` (GRES, of a node). */
export function resourcesIn(text: string): Resources {
  const before = known.get(text);
  if (before !== undefined) return before;
  const parts = text.replaceAll(/\([^)]*\)/g, '').split(',');
  const gpus = parts.some((part) => ALL_GPUS.test(part)) ? parts.filter((part) => ALL_GPUS.test(part)) : parts;
  const sum = gpus.reduce((total, part) => total + amount(GPU.exec(part)), 0);
  const cpus = parts.map((part) => CPU.exec(part)).find((match) => match !== null);
  const resources = { gpus: text === '' ? Number.NaN : sum, procs: cpus ? amount(cpus) : Number.NaN };
  if (known.size < KEPT) known.set(text, resources);
  return resources;
}

function amount(match: RegExpExecArray | null): number {
  return match === null ? 0 : Number(match[1] ?? 1) * (TIMES[match[2]?.toLowerCase() ?? ''] ?? 1);
}
