import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { misconfigured } from '../../../functions/domain/capabilities.ts';
import { TIER_NUMBERS, TIERS } from '../../../functions/domain/thresholds.ts';
import { ClusterConfig, ConfiguredCluster } from '../../../schemas/config.ts';
import { type Fault, faultsOf, pathText } from './config-faults.ts';
import { sharedSecrets } from './shared-secrets.ts';

/** A configuration was refused. `faults` has a line for every fault in it: the field, and what to write. */
export class ConfigurationRefused extends Error {
  override name = 'ConfigurationRefused' as const;
  readonly faults: string[];

  constructor(file: string, faults: string[]) {
    super(
      `${file}: ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}\n${faults.map((line) => `  ${line}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

/**
 * Reads the configuration of the clusters (DESIGN.md section 6).
 * @throws ConfigurationRefused naming every fault at once; no value of the file is repeated, as one may be a secret
 */
export async function readClusterFile(file: string): Promise<ClusterConfig[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationRefused(file, [`cannot be read (${error.code}): give the path of a JSON file`]);
  });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new ConfigurationRefused(file, [`is not JSON${whereIn(text, error)}`]);
  }
  const checked = checkClusters(content);
  if (checked.faults.length > 0) throw new ConfigurationRefused(file, checked.faults);
  return checked.clusters;
}

const Shell = z.strictObject({ clusters: z.array(z.unknown()).min(1) });

/** Checks a configuration against its schema and against what the actions can do. Either list is empty. */
export function checkClusters(content: unknown): { clusters: ClusterConfig[]; faults: string[] } {
  const shell = Shell.safeParse(content);
  if (!shell.success) return { clusters: [], faults: faultsOf(Shell, shell.error, content).map(line) };
  const faults: Fault[] = [];
  const clusters: ClusterConfig[] = [];
  const inPlace: (ClusterConfig | null)[] = [];
  for (const [index, raw] of shell.data.clusters.entries()) {
    const within = (found: Fault[]) =>
      found.map(({ path, advice }) => ({ path: ['clusters', index, ...path], advice }));
    const parsed = ConfiguredCluster.safeParse(raw);
    inPlace.push(parsed.success ? parsed.data : null);
    if (parsed.success) clusters.push(parsed.data);
    else faults.push(...within(faultsOf(ConfiguredCluster, parsed.error, raw)));
    // On the raw parts, so that a fault elsewhere in the cluster hides none of these.
    faults.push(...within([...actionFaults(raw), ...tierFaults(raw)]));
  }
  faults.push(...repeated(shell.data.clusters), ...sharedSecrets(inPlace));
  return faults.length > 0 ? { clusters: [], faults: faults.map(line) } : { clusters, faults: [] };
}

const line = ({ path, advice }: Fault) => `${pathText(path)}: ${advice}`;

function actionFaults(raw: unknown): Fault[] {
  const parsed = z.object({ actions: ClusterConfig.shape.actions }).safeParse(raw);
  if (!parsed.success) return [];
  const { annotate, warn, suggest, gate } = parsed.data.actions;
  const chosen = [
    { path: ['annotate'], tier: 1, choice: annotate },
    { path: ['warn'], tier: 2, choice: warn },
    ...suggest.map((choice, index) => ({ path: ['suggest', index], tier: 3, choice })),
    { path: ['gate'], tier: 4, choice: gate },
  ];
  return chosen.flatMap(({ path, tier, choice }) => {
    const advice = choice && misconfigured(choice, tier);
    return advice ? [{ path: ['actions', ...path], advice }] : [];
  });
}

/** Checks a tier's numbers together with the usual ones; the schema has checked each by itself. */
function tierFaults(raw: unknown): Fault[] {
  const parsed = z.object({ tiers: ClusterConfig.shape.tiers }).safeParse(raw);
  if (!parsed.success) return [];
  const { tiers } = parsed.data;
  return TIERS.flatMap((name, i) => {
    const own = tiers[name];
    if (own === undefined) return [];
    const usual = TIER_NUMBERS[name];
    const eps = own.eps ?? usual.eps;
    const ece = own.ece ?? usual.ece;
    const tokens = own.tokens ?? usual.tokens;
    const cap = own.cap ?? usual.cap;
    const fault = (field: string, advice: string): Fault => ({ path: ['tiers', name, field], advice });
    const least = eps - ece;
    const below = TIERS[i - 1];
    const lower = below === undefined ? 0 : (tiers[below]?.eps ?? TIER_NUMBERS[below].eps);
    return [
      ...(least > 0 ? [] : [fault('ece', `use less than eps, which is ${eps}`)]),
      ...(own.promise !== undefined && own.promise < least
        ? [fault('promise', `use at least eps - ece, which is ${least.toFixed(3)}: a promise may only be raised`)]
        : []),
      ...(eps > lower ? [] : [fault('eps', `use more than eps of ${below}, which is ${lower}`)]),
      ...(tokens <= cap ? [] : [fault('tokens', `use at most the cap, which is ${cap}`)]),
    ];
  });
}

/** Every cluster once: the second one would silently win. */
function repeated(clusters: unknown[]): Fault[] {
  const Named = z.object({ clusterId: z.string() });
  const seen = new Map<string, number>();
  return clusters.flatMap((raw, index) => {
    const named = Named.safeParse(raw);
    if (!named.success) return [];
    const first = seen.get(named.data.clusterId);
    if (first === undefined) seen.set(named.data.clusterId, index);
    return first === undefined
      ? []
      : [
          {
            path: ['clusters', index, 'clusterId'],
            advice: `is the one of clusters[${first}] again: remove one of them`,
          },
        ];
  });
}

/** Line and column of a syntax error where the parser tells; its own message would repeat the text around it. */
function whereIn(text: string, error: unknown): string {
  const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
  if (position === undefined) return ': look for a missing quote, comma or bracket';
  const before = text.slice(0, Number(position)).split('\n');
  return ` at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
