const SUFFIX: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  Pi: 1024 ** 5,
  Ei: 1024 ** 6,
};
/** One device, or a part of one that is allocated like one. */
const GPU = /\/gpu(\.shared)?$|\/mig-|^gpu\.intel\.com\/(i915|xe)$/;

/** A Kubernetes quantity, `500m` or `8`; NaN for everything else. */
export function quantityOf(value: string | number): number {
  const [, digits, suffix = ''] =
    /^([+]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkKMGTPE]i?)?$/.exec(String(value).trim()) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * (SUFFIX[suffix] ?? Number.NaN);
}

/** GPUs and processors in a list of requests. */
export function devicesIn(requests: Readonly<Record<string, string | number>>): { gpus: number; procs: number } {
  let [gpus, procs] = [0, 0];
  for (const [name, value] of Object.entries(requests)) {
    const quantity = quantityOf(value) || 0;
    if (GPU.test(name)) gpus += quantity;
    else if (name === 'cpu') procs += quantity;
  }
  return { gpus, procs };
}
