import leven from 'leven';
import { namesIn, numberNames, overrides } from '../../functions/domain/overrides.ts';
import { type Numbers, TIERS } from '../../functions/domain/thresholds.ts';
import { ClusterConfig } from '../../schemas/config.ts';
import { clusterConfig } from './rules.ts';

/** An invalid `--set`. Nothing runs. */
export class UnusableNumber extends Error {
  override readonly name = 'UnusableNumber' as const;
}

/**
 * Numbers of a cluster's configuration that matter in a back-test. A promise is set only there, since it usually follows from
 * eps and R.
 */
const OF_CLUSTER = [
  ...namesIn(clusterConfig()).filter((name) =>
    /^(limits|asking)\.|^(longWait|approvalTtl)Seconds$|^evidenceDays$/.test(name),
  ),
  ...TIERS.map((tier) => `tiers.${tier}.promise`),
];

/** Every name that `--set` knows. */
export function settableNames(): string[] {
  return [...numberNames(), ...OF_CLUSTER];
}

/** Which number a name means: its full name, or an unambiguous ending of it. */
export function fullName(name: string): string {
  const wanted = name.toLowerCase();
  const names = settableNames();
  const meant = names.filter((full) => full.toLowerCase() === wanted || full.toLowerCase().endsWith(`.${wanted}`));
  const exact = meant.find((full) => full.toLowerCase() === wanted);
  const [first, ...others] = meant;
  if (exact !== undefined) return exact;
  if (first !== undefined && others.length === 0) return first;
  if (first !== undefined) throw new UnusableNumber(`"${name}" may be ${meant.join(' or ')}: give the full name`);
  throw new UnusableNumber(
    `there is no number "${name}"${likeliest(wanted, names)}. There are:\n  ${names.join('\n  ')}`,
  );
}

/** A suggestion for a mistyped name: the closest one, by its ending; empty if none is close. */
function likeliest(wanted: string, names: readonly string[]): string {
  const parts = wanted.split('.').length;
  const near = names.map((name) => ({
    name,
    steps: leven(wanted, name.toLowerCase().split('.').slice(-parts).join('.')),
  }));
  const [first] = near.sort((a, b) => a.steps - b.steps);
  return first !== undefined && first.steps <= Math.max(1, wanted.length / 3) ? `; did you mean ${first.name}` : '';
}

/** The overridden numbers, by full name. */
export type Settings = ReadonlyMap<string, number>;

/** @throws UnusableNumber for a part that is not name=value, an unknown name, or a value that is not a number */
export function parseSetting(text: string, settings: Map<string, number> = new Map()): Map<string, number> {
  for (const part of text.split(',')) {
    const [name = '', value = '', ...rest] = part.split('=').map((piece) => piece.trim());
    const number = Number(value);
    if (value === '' || rest.length > 0 || !Number.isFinite(number)) {
      throw new UnusableNumber(`"${part}" is not name=value with a number`);
    }
    settings.set(fullName(name), number);
  }
  return settings;
}

/**
 * The numbers of gate and fold, and the cluster's configuration, with the overridden values.
 *
 * @throws UnusableNumber if the configuration does not allow a value
 */
export function withSettings(settings: Settings): { numbers: Numbers; config: ClusterConfig } {
  const [ofCluster, ofGate] = [new Map<string, number>(), new Map<string, number>()];
  for (const [name, value] of settings) (OF_CLUSTER.includes(name) ? ofCluster : ofGate).set(name, value);
  let config: object = clusterConfig();
  for (const [name, value] of ofCluster) config = withNumber(config, name.split('.'), value);
  const checked = ClusterConfig.safeParse(config);
  if (checked.success) return { numbers: overrides(ofGate), config: checked.data };
  const faults = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new UnusableNumber(faults.join('; '));
}

/** A copy with another value at a path of names; missing tables on the way are created. */
function withNumber(table: object, [first = '', ...rest]: readonly string[], value: number): object {
  if (rest.length === 0) return { ...table, [first]: value };
  const inner: unknown = Object.entries(table).find(([name]) => name === first)?.[1];
  return { ...table, [first]: withNumber(typeof inner === 'object' && inner !== null ? inner : {}, rest, value) };
}
