import type { CollectorEvent } from '../../demo/feed/timeline.ts';
import { SimulatedCluster } from '../../demo/simulator/cluster.ts';
import { simulatedSource } from '../../demo/simulator/prediction-source.ts';
import { trainPredictor } from '../../demo/simulator/predictor.ts';
import { seededRandom } from '../../demo/simulator/random.ts';
import { Twins } from '../../demo/simulator/twins.ts';
import { type Clock, simulatedClock } from '../../runtime/clock/clock.ts';
import { earlierStart, nodesBack, nodesLost } from './happenings.ts';
import { BEGINS_ANEW, type Feeding, type Happening, type Plan, repeatableSalt } from './plan.ts';
import { configurationOf, STORY, STORY_CLUSTERS, type StoryCluster } from './simulated-clusters.ts';

const HOUR_MS = 3_600_000;

/** The simulation is short, so it says what it leaves out. */
const WITHOUT_DAYS = 'here tiers 3 and 4 need no evidence of 3 different days, as real clusters do';

/**
 * The two simulated clusters: a quiet one without VGAC, and a bursty one with it that loses nodes on the way, unknown to its
 * predictor, and gets them back. Every number comes from fixed seeds, so that each run shows the same.
 * @param startMs where the simulated clock starts
 */
export function simulatedPlan({
  startMs,
  speed,
  days = STORY.days,
  story = STORY_CLUSTERS,
}: {
  startMs: number;
  speed?: number | undefined;
  days?: number;
  story?: readonly StoryCluster[];
}): Plan {
  const clock = simulatedClock({ start: startMs, speed });
  const until = startMs + days * 24 * HOUR_MS;
  const regime = { regimeAt: startMs + STORY.nodesLost * HOUR_MS, regimeUntil: startMs + STORY.nodesBack * HOUR_MS };
  let publish: (events: readonly CollectorEvent[]) => void = () => undefined;
  let notify: (happening: Happening) => void = () => undefined;
  const worlds = story.map(({ profile, seed, trainingSeed }) => {
    const parts = { profile, ...regime };
    const cluster: SimulatedCluster = new SimulatedCluster({
      ...parts,
      clock,
      random: seededRandom(seed),
      emit(event) {
        publish([event]);
        const happening = event.type === 'JobStarted' ? earlierStart(twins, cluster, event.detail.jobId) : null;
        if (happening !== null) notify(happening);
      },
    });
    const twins = new Twins(cluster, { ...parts, seed, startMs, until });
    return { cluster, twins, predictor: trainPredictor(profile, trainingSeed), trainedAt: startMs };
  });
  return {
    description: `Two simulated clusters over ${days} days, one without VGAC; ${WITHOUT_DAYS}; ${BEGINS_ANEW}`,
    clock,
    clockKind: 'simulated',
    pause: () => clock.close(),
    configuration: (urls) => story.map((cluster) => configurationOf(cluster, urls)),
    predictions: simulatedSource(worlds),
    schedulers: new Map(worlds.map(({ cluster }) => [cluster.clusterId, cluster])),
    keepsTables: false,
    newSalt: repeatableSalt,
    onHappening(listen) {
      notify = listen;
    },
    spared: () => worlds.map(({ cluster, twins }) => ({ clusterId: cluster.clusterId, ...twins.difference() })),
    start(put): Feeding {
      const { promise: done, resolve, reject } = Promise.withResolvers<void>();
      publish = oneByOne(clock, (events) => {
        try {
          put(events);
        } catch (error) {
          reject(error);
        }
      });
      for (const { cluster } of worlds) {
        cluster.start({ until });
        if (cluster.profile.regime === null) continue;
        for (const [at, happening] of [
          [regime.regimeAt, nodesLost],
          [regime.regimeUntil, nodesBack],
        ] as const) {
          if (at < until) clock.at(at, () => notify(happening(cluster)));
        }
      }
      const end = clock.at(until, resolve);
      return {
        done,
        stop() {
          for (const { cluster } of worlds) cluster.stop();
          end.cancel();
          resolve();
        },
        progress: () => Math.min(1, Math.max(0, (clock.now() - startMs) / (until - startMs))),
      };
    },
  };
}

/**
 * Puts one event after the other, each settled before the next: what happens in one instant is learned in one order, and a run can be
 * repeated.
 */
function oneByOne(
  clock: Pick<Clock, 'at' | 'now'>,
  put: (events: readonly CollectorEvent[]) => void,
): (events: readonly CollectorEvent[]) => void {
  const waiting: CollectorEvent[] = [];
  let isPutting = false;
  const next = (): void => {
    const event = waiting.shift();
    isPutting = event !== undefined;
    if (event === undefined) return;
    put([event]);
    clock.at(clock.now(), next);
  };
  return (events) => {
    waiting.push(...events);
    if (!isPutting) next();
  };
}
