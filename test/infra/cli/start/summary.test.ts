import { describe, expect, it } from 'vitest';
import { PARTS, type Part } from '../../../../functions/domain/figures.ts';
import { tierRulesOf } from '../../../../functions/domain/tier-numbers.ts';
import { disagreements, type Facts, NO_CLUSTER, SUMMARY_KEYS, summarise } from '../../../../infra/cli/start/summary.ts';
import type { JobFact } from '../../../../infra/console/records.ts';

const job = ({
  clusterId = 'a',
  ...more
}: Partial<JobFact['facts']> & Partial<Omit<JobFact, 'facts'>> = {}): JobFact => {
  const { labelled = true, folded = true, servedBy = 'queue', ...facts } = more;
  const usual = {
    part: 'acted' as Part,
    alsoAsked: false,
    called: 1,
    tier: 1,
    came: null,
    weight: 0,
    waitedLong: false,
  };
  return { clusterId, facts: { ...usual, ...facts }, servedBy, labelled, folded };
};
const nothing = { part: 'nothingNeeded', called: 0, tier: 0 } as const;
const facts = (more: Partial<Facts> = {}): Facts => ({
  jobs: [],
  approvals: [],
  duplicates: [],
  quarantined: [],
  deadLettered: [],
  accepted: more.jobs?.length ?? 0,
  rules: new Map(),
  ...more,
});

describe('the closing table', () => {
  it('has exactly the documented keys, in total and per cluster', () => {
    const keys =
      'jobs admitted duplicates quarantined deadLettered nothingNeeded acted heldOut asked withheld late failed undecided alsoAsked calls byTier reached longWaits chance approvals approved denied expired void openApprovals outcomes folded servedBy';
    const ofTier =
      'tier called acted heldOut right settled things share lower upper promise tested estimate reached chance';
    const { total, clusters } = summarise(facts({ jobs: [job()] }));
    expect(SUMMARY_KEYS.join(' ')).toBe(keys);
    for (const counts of [total, clusters.a]) {
      expect(Object.keys(counts ?? {}).join(' ')).toBe(keys);
      expect(counts?.byTier.map(({ tier }) => tier)).toEqual(['annotate', 'warn', 'suggest', 'gate']);
      expect(Object.keys(counts?.byTier[0] ?? {}).join(' ')).toBe(ofTier);
    }
  });

  it('counts each admitted job once, by what became of it', () => {
    const jobs = PARTS.map((part) => job({ part, called: 2, tier: part === 'acted' || part === 'heldOut' ? 2 : 0 }));
    const summary = summarise(facts({ jobs }));
    for (const part of PARTS) expect(summary.total[part]).toBe(1);
    expect(summary.total).toMatchObject({ jobs: PARTS.length, admitted: PARTS.length, calls: PARTS.length });
    expect(disagreements(summary)).toEqual([]);
  });

  it('says by cluster whose probability served the jobs, and those acted on', () => {
    const jobs = [
      ...[job({ servedBy: 'queueAndVgac' }), job({ servedBy: 'queue' }), job({ servedBy: 'none', ...nothing })],
      ...[job({ clusterId: 'b', servedBy: 'queue', ...nothing }), job({ clusterId: 'b' })],
    ];
    const summary = summarise(facts({ jobs }));
    expect(summary.total.servedBy).toEqual({
      queue: { jobs: 3, acted: 2 },
      queueAndVgac: { jobs: 1, acted: 1 },
      none: { jobs: 1, acted: 0 },
    });
    expect(summary.clusters.b?.servedBy.queue).toEqual({ jobs: 2, acted: 1 });
    expect(disagreements(summary)).toEqual([]);
  });

  it('does not count a job that called for nothing among the calls, nor as anything done', () => {
    const { total } = summarise(facts({ jobs: [job(nothing), job(nothing), job()] }));
    expect(total).toMatchObject({ nothingNeeded: 2, calls: 1, acted: 1 });
  });

  it('says by tier what was called for, done, and right beside the promise', () => {
    const jobs = [
      ...Array.from({ length: 30 }, (_, i) => job({ came: i < 24 ? 'right' : 'wrong', weight: 1, waitedLong: i < 24 })),
      job({ part: 'heldOut', called: 3, tier: 3, came: 'right', weight: 10 }),
      job({ part: 'acted', called: 3, tier: 3, came: 'touched', weight: 1 }),
    ];
    const [annotate, , suggest] = summarise(facts({ jobs })).total.byTier;
    expect(annotate).toMatchObject({ called: 30, acted: 30, right: 24, settled: 30, things: 30, share: 0.8 });
    expect(annotate).toMatchObject({ promise: 0.2, tested: true, estimate: false });
    expect(suggest).toMatchObject({
      called: 2,
      acted: 1,
      heldOut: 1,
      right: 10,
      settled: 10,
      things: 1,
      tested: false,
    });
    expect(suggest?.estimate).toBe(true);
  });

  it('sets what was reached of the long waits beside chance, in all and by tier', () => {
    const jobs = [
      job({ waitedLong: true }),
      job({ waitedLong: true, tier: 2, called: 2 }),
      ...[1, 2].map(() => job({ ...nothing, waitedLong: true })),
      ...[1, 2, 3, 4].map(() => job(nothing)),
    ];
    const { total } = summarise(facts({ jobs }));
    expect(total).toMatchObject({ longWaits: 4, reached: 0.5, chance: 0.25 });
    expect(total.byTier[0]).toMatchObject({ reached: 0.25, chance: 0.125 });
    const none = summarise(facts({ jobs: [job(nothing)] })).total;
    expect(none).toMatchObject({ longWaits: 0, reached: null, chance: 0 });
  });

  it('promises what a cluster promises, and nothing in total where clusters differ', () => {
    const rules = new Map([['a', tierRulesOf({ annotate: { promise: 0.28 } })]]);
    const { total, clusters } = summarise(facts({ jobs: [job(), job({ clusterId: 'b' })], rules }));
    expect(clusters.a?.byTier[0]?.promise).toBe(0.28);
    expect(clusters.b?.byTier[0]?.promise).toBeCloseTo(0.2, 9);
    expect(total.byTier[0]?.promise).toBeNull();
    expect(total.byTier[1]?.promise).toBeCloseTo(0.43, 9);
  });

  it('accounts for duplicates, quarantine and dead letters, those of no cluster too', () => {
    const summary = summarise(
      facts({ jobs: [job()], duplicates: ['a'], quarantined: [null, 'b'], deadLettered: [null], accepted: 5 }),
    );
    expect(summary.total).toMatchObject({ jobs: 5, admitted: 1, duplicates: 1, quarantined: 2, deadLettered: 1 });
    expect(summary.clusters[NO_CLUSTER]).toMatchObject({ jobs: 2, quarantined: 1, deadLettered: 1 });
    expect(disagreements(summary)).toEqual([]);
  });

  it('adds questions up by how they ended', () => {
    const statuses = ['approved', 'denied', 'expired', 'void', 'pending'] as const;
    const summary = summarise(facts({ approvals: statuses.map((status) => ({ clusterId: 'a', status })) }));
    expect(summary.total).toMatchObject({
      approvals: 5,
      approved: 1,
      denied: 1,
      expired: 1,
      void: 1,
      openApprovals: 1,
    });
    expect(disagreements(summary)).toEqual([]);
  });

  it('shows a lost event as sums that do not agree', () => {
    expect(disagreements(summarise(facts({ jobs: [job()], accepted: 2 })))).toEqual([
      'total: jobs is 2, admitted + duplicates + quarantined + deadLettered is 1',
    ]);
  });
});
