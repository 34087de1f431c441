import { beforeAll, describe, expect, it } from 'vitest';
import { autonomousTier } from '../../../../infra/cli/start/milestones.ts';
import {
  configurationOf,
  STORY,
  STORY_CLUSTERS,
  type StoryCluster,
} from '../../../../infra/cli/start/simulated-clusters.ts';
import { trainPredictor } from '../../../../infra/demo/simulator/predictor.ts';
import { Twins } from '../../../../infra/demo/simulator/twins.ts';
import { OfflineRun } from '../../demo/simulator/offline-run.ts';

const HOUR_MS = 3_600_000;
/** Each on another day as well: the lotteries go by the round, and so by the date. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((seed) => ({ seed, startMs: Date.UTC(2026, 10, 19 + seed) }));
const [quiet, bursty] = STORY_CLUSTERS;
if (quiet === undefined || bursty === undefined) throw new RangeError('the story has two clusters');

function play(story: StoryCluster, { seed, startMs }: { seed: number; startMs: number }) {
  const { profile } = story;
  const regime = { regimeAt: startMs + STORY.nodesLost * HOUR_MS, regimeUntil: startMs + STORY.nodesBack * HOUR_MS };
  const predictor = trained(story);
  const config = configurationOf(story, { scheduler: 'http://127.0.0.1:4580/schedulers' });
  const slack: number[] = [];
  const onFold = (run: OfflineRun) => void slack.push(run.slack);
  const run = new OfflineRun({ profile, predictor, config, seed, startMs, days: STORY.days, ...regime, onFold }).play();
  const until = startMs + STORY.days * 24 * HOUR_MS;
  const twins = new Twins(run.cluster, { profile, seed, startMs, until, ...regime });
  const jobs = [...run.jobs.values()];
  const may = jobs.map(({ decision }) => autonomousTier(decision.evidence));
  const from = (at: number) => jobs.findIndex((job) => job.at >= at);
  return {
    jobs,
    may,
    difference: twins.difference(),
    /** Jobs before the first at which a tier was earned, or done; infinity where it never was. */
    earned: (tier: number) => place(may.findIndex((most) => most >= tier)),
    acted: (tier: number) => place(jobs.findIndex(({ decision }) => decision.executed && decision.tier === tier)),
    lost: from(regime.regimeAt),
    back: from(regime.regimeUntil),
    questions: jobs.filter(({ question }) => question !== null).length,
    least: Math.min(...slack),
  };
}

const place = (index: number) => (index < 0 ? Number.POSITIVE_INFINITY : index);
const predictors = new Map<StoryCluster, ReturnType<typeof trainPredictor>>();
function trained(story: StoryCluster) {
  const known = predictors.get(story) ?? trainPredictor(story.profile, story.trainingSeed);
  predictors.set(story, known);
  return known;
}

describe.each(SEEDS)('the default run with seed $seed', (seed) => {
  let calm: ReturnType<typeof play>;
  let rough: ReturnType<typeof play>;
  beforeAll(() => {
    calm = play(quiet, seed);
    rough = play(bursty, seed);
  });

  it('earns trust tier by tier on the quiet cluster, and acts with each', () => {
    expect(calm.earned(1)).toBeLessThan(400);
    expect(calm.earned(1)).toBeLessThanOrEqual(calm.earned(2));
    expect(calm.earned(2)).toBeLessThanOrEqual(calm.earned(3));
    expect(calm.earned(3)).toBeLessThan(calm.jobs.length);
    for (const tier of [1, 2, 3]) expect(calm.acted(tier)).toBeLessThan(calm.jobs.length);
  });

  it('asks people at least three questions', () => {
    expect(calm.questions).toBeGreaterThanOrEqual(3);
    expect(calm.questions + rough.questions).toBeLessThan(120);
  });

  it('lets jobs start earlier than they would have, and takes little from the others', () => {
    for (const { difference } of [calm, rough]) {
      expect(difference.touched.seconds).toBeGreaterThan(0);
      expect(difference.touched.seconds + difference.others.seconds).toBeGreaterThan(0);
    }
  });

  it('has earned autonomy on the bursty cluster before it loses nodes', () => {
    expect(Math.max(...rough.may.slice(0, rough.lost))).toBeGreaterThanOrEqual(2);
  });

  it('loses it by itself while the predictor is wrong: at most annotations are left', () => {
    const wrong = rough.may.slice(rough.lost, rough.back + 30);
    expect(Math.min(...wrong)).toBeLessThanOrEqual(1);
  });

  it('has it back before the end', () => {
    const least = rough.may.findIndex((most, index) => index >= rough.lost && most <= 1);
    expect(Math.max(...rough.may.slice(Math.max(least, rough.back)))).toBeGreaterThanOrEqual(2);
    expect(rough.may.slice(-30).every((most) => most >= 1)).toBe(true);
  });

  it('keeps every promise after every label', () => {
    expect(calm.least).toBeGreaterThanOrEqual(0);
    expect(rough.least).toBeGreaterThanOrEqual(0);
  });
});
