import { describe, expect, it } from 'vitest';
import { serialise } from '../../../functions/domain/calibration/codec.ts';
import { type CalibrationState, initialState } from '../../../functions/domain/calibration/state.ts';
import { count, noFigures, roundFacts } from '../../../functions/domain/figures.ts';
import { reliability } from '../../../functions/domain/reliability.ts';
import { tierRulesOf } from '../../../functions/domain/tier-numbers.ts';
import { SettledRounds } from '../../../infra/console/settled.ts';
import { shownScope } from '../../../infra/console/shown-scope.ts';
import { type Known, standingOf } from '../../../infra/console/standing.ts';
import { ClusterConfig } from '../../../schemas/config.ts';
import { CalibrationItem } from '../../../schemas/items/calibration.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import { LAYOUT } from '../../../schemas/layout.ts';
import { aRow } from '../../unit/domain/figure-rows.ts';

const NOW = new Date('2026-11-20T13:00:00.000Z');
const config = ClusterConfig.parse({
  ...{ clusterId: 'west-1', platform: 'slurm', dryRun: false },
  actions: {
    annotate: { action: 'annotate' },
    warn: { action: 'warn' },
    suggest: [{ action: 'requeue', target: 'short' }],
  },
});

function itemOf(state: CalibrationState, more: Partial<CalibrationItem> = {}): CalibrationItem {
  const [one, two, three, four] = state.tiers;
  return CalibrationItem.parse({
    ...{ PK: 'CLUSTER#west-1', SK: 'CALIBRATION', v: LAYOUT, listing: 'CLUSTERS', listing_key: 'west-1' },
    ...{ cluster_id: 'west-1', platform: 'slurm', state: serialise(state), version: 7, marked_version: 7 },
    ...{ free_1: one.tokens, free_2: two.tokens, free_3: three.tokens, free_4: four.tokens },
    ...{ demand_1: 0, demand_2: 0, demand_3: 0, demand_4: 0, current_ece: null, last_known_good_ece: null },
    ...{ calibration_score: null, sample_count: 0, recalibration_needed: false, is_learning_mode: true },
    ...{ last_updated: NOW.toISOString(), ...more },
  });
}

const known = (more: Partial<Known> = {}): Known => ({
  ...{
    configs: new Map([['west-1', config]]),
    asking: new Map(),
    forecasts: new Map(),
    recalibrating: new Set(),
    frozen: () => false,
  },
  ...{ figuresOf: () => noFigures(), settledOf: () => noFigures(), ...more },
});
const records = (oldest: Date | null = null) => ({ oldestUnfolded: async () => oldest, refits: async () => [] });
const trusted = (): CalibrationState => {
  const state = initialState(tierRulesOf(config.tiers));
  const evaluation = { n: 300, ece: 0.01, error: 0.01, lower: 0, upper: 0.03, nullMean: 0.02, skilled: true };
  return Object.assign(state, { evaluation, n: 300 });
};

describe('how a cluster stands on the page', () => {
  it.each([
    ['learning', initialState(tierRulesOf({})), {}, null],
    ['trusted', trusted(), {}, null],
    ['frozen', trusted(), { frozen: () => true }, null],
    ['stale', trusted(), {}, new Date('2026-11-20T12:00:00.000Z')],
    ['said by its VGAC to need recalibration', trusted(), { recalibrating: new Set(['west-1']) }, null],
  ])('is what CheckCalibration would say of one that is %s', async (_, state, more, oldest) => {
    const facts = known(more);
    const verdict = reliability({
      ...{ state, version: 7, frozen: facts.frozen('west-1'), staleSince: oldest, config, now: NOW },
      vgacAsksRecalibration: facts.recalibrating.has('west-1'),
    });
    const standing = await standingOf(records(oldest), itemOf(state), facts, NOW);
    expect(standing).toMatchObject(verdict);
    expect(standing.shown).toBe(shownScope(verdict));
  });

  it('has for each tier what is free, reserved and at most, with the cap that demand raises', async () => {
    const state = trusted();
    const item = itemOf(state, { free_3: state.tiers[2].tokens - 70_000, demand_3: 100 });
    const { tiers } = await standingOf(records(), item, known(), NOW);
    expect(tiers.map(({ tier, configured }) => [tier, configured])).toEqual([
      ['annotate', true],
      ['warn', true],
      ['suggest', true],
      ['gate', false],
    ]);
    expect(tiers[0]?.tokens).toEqual({ free: 20, reserved: 0, cap: 60, needed: 1 });
    expect(tiers[2]?.tokens).toEqual({ free: 13, reserved: 7, cap: 400, needed: 2 });
    expect(tiers[2]?.sentence).toBe('suggest: 0 of 20 outcomes with q >= 0.70 seen');
  });

  it('says what each tier did in this run, right since its tokens started, reached beside chance', async () => {
    const state = trusted();
    Object.assign(state.tiers[0], { right: 8, wrong: 2, rightWeight: 80_000, wrongWeight: 20_000 });
    const figures = noFigures();
    for (let i = 0; i < 4; i++) count(figures, roundFacts(aRow({ longWait: i < 2 })));
    const { tiers, reached } = await standingOf(
      records(),
      itemOf(state),
      known({ figuresOf: () => figures, settledOf: () => figures }),
      NOW,
    );
    expect(tiers[0]).toMatchObject({ called: 4, acted: 4, heldOut: 0, reached: 1, chance: 1 });
    expect(tiers[0]?.kept).toMatchObject({ share: 0.8, things: 10, tested: false });
    expect(tiers[1]).toMatchObject({ acted: 0, reached: 0, chance: 0 });
    expect(reached).toEqual({ reached: 2, longWaits: 2, acted: 4, jobs: 4 });
  });

  it('counts only questions that may still be open, and those of the last hour', async () => {
    const at = NOW.getTime();
    const asking = new Map([
      [
        'west-1',
        {
          ...{ PK: 'CLUSTER#west-1', SK: 'ASKING' as const, v: LAYOUT, version: 3 },
          open: [
            { id: 'a', tier: 3, until: at + 1 },
            { id: 'b', tier: 3, until: at },
          ],
          asked: [
            { id: 'a', tier: 3, at: at - 60_000 },
            { id: 'b', tier: 3, at: at - 3_600_000 },
          ],
        },
      ],
    ]);
    const { questions } = await standingOf(records(), itemOf(trusted()), known({ asking }), NOW);
    expect(questions).toEqual({ open: 1, places: 6, thisHour: 1, perHour: 6 });
  });

  it('shows nothing of a calibration that cannot be read, and that nothing acts', async () => {
    const item = itemOf(trusted(), { state: new Uint8Array([1, 2, 3]) });
    const standing = await standingOf(records(), item, known(), NOW);
    expect(standing).toMatchObject({ scope: 'escalate', shown: 'escalate', tiers: [], psi: null, alarms: '' });
  });
});

describe('a scope as it is shown', () => {
  const reason = (code: string) => ({ code, message: '', scope: 'escalate' as const });
  it('is learning, which is neutral, where nothing else bars the cluster', () => {
    expect(shownScope({ scope: 'escalate', reasons: [reason('learning')] })).toBe('learning');
    expect(shownScope({ scope: 'escalate', reasons: [reason('frozen'), reason('learning')] })).toBe('escalate');
    expect(shownScope({ scope: 'escalate', reasons: [reason('score')] })).toBe('escalate');
    expect(shownScope({ scope: 'notify', reasons: [] })).toBe('notify');
  });
});

describe('the rounds whose labels are known', () => {
  const SUBMITTED = '2026-11-20T12:00:00.000Z';
  const due = Date.parse(SUBMITTED) + 360_000;
  const round = (jobId: string) => ({ clusterId: 'west-1', jobId, submittedAt: SUBMITTED });
  /** A table that counts what is read of it. */
  function table(rows: Record<string, JobItem | null>) {
    const read: string[] = [];
    const rowsOf = async (rounds: readonly { jobId: string }[]) => {
      read.push(...rounds.map(({ jobId }) => jobId));
      return rounds.map(({ jobId }) => rows[jobId] ?? null);
    };
    return { read, rows: rowsOf };
  }

  it('are read once their labels are due, and never again once they have one', async () => {
    const settled = new SettledRounds();
    const records = table({ a: aRow({ longWait: true }), b: aRow({ longWait: false }) });
    for (const jobId of ['a', 'b', 'no-row-of-ours']) settled.note(round(jobId));
    await settled.refresh(records, () => 300, due - 1);
    expect(records.read).toEqual([]);
    await settled.refresh(records, () => 300, due);
    await settled.refresh(records, () => 300, due + 1);
    expect(records.read).toEqual(['a', 'b', 'no-row-of-ours']);
    expect(settled.of('west-1')).toMatchObject({ jobs: 2, longWaits: 1 });
    expect(settled.of('unheard-of').jobs).toBe(0);
  });

  it('are looked at again while nobody has labelled them', async () => {
    const settled = new SettledRounds();
    settled.note(round('a'));
    await settled.refresh(table({ a: aRow({}) }), () => 300, due);
    expect(settled.of('west-1').jobs).toBe(0);
    await settled.refresh(table({ a: aRow({ longWait: true }) }), () => 300, due);
    expect(settled.of('west-1')).toMatchObject({ jobs: 1, longWaits: 1 });
  });

  it('are counted once when two looks at them overlap, and some at a time in a burst', async () => {
    const settled = new SettledRounds();
    const rows = Object.fromEntries(Array.from({ length: 700 }, (_, i) => [String(i), aRow({ longWait: true })]));
    for (const jobId of Object.keys(rows)) settled.note(round(jobId));
    const records = table(rows);
    await Promise.all([settled.refresh(records, () => 300, due), settled.refresh(records, () => 300, due)]);
    expect(settled.of('west-1').jobs).toBe(300);
    for (let look = 0; look < 2; look++) await settled.refresh(records, () => 300, due);
    expect(settled.of('west-1').jobs).toBe(700);
  });
});
