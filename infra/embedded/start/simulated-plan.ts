import { ClusterConfig } from '../../../schemas/config.ts';
import { simulatedClock } from '../clock/clock.ts';
import type { CollectorEvent } from '../feed/timeline.ts';
import { SimulatedCluster } from '../simulator/cluster.ts';
import { simulatedSource } from '../simulator/prediction-source.ts';
import { trainPredictor } from '../simulator/predictor.ts';
import type { Profile } from '../simulator/profile.ts';
import { burstySlurm, quietK8s } from '../simulator/profiles.ts';
import { seededRandom } from '../simulator/random.ts';
import {
  APPROVERS,
  BEGINS_ANEW,
  type Feeding,
  type Plan,
  repeatableSalt,
  SCHEDULER_SECRET,
  type StandInUrls,
} from './plan.ts';

const DAY_MS = 86_400_000;
/** Both clusters together see about 440 jobs a day. */
const DAYS = 2.25;
/** Late enough that the bursty cluster has earned autonomy, early enough to see it withdrawn. */
const REGIME_AT = 0.49;

/** Each with the seed of its arrivals; its predictor is trained on a past of its own. */
const CLUSTERS: readonly { profile: Profile; seed: number }[] = [
  { profile: quietK8s, seed: 20_261 },
  { profile: burstySlurm, seed: 4 },
];
const TRAINING_SEED = 20_361;

/** Any user may be an approver elsewhere, but nobody approves their own job: so each needs a Slack id. */
const slackId = (user: string) => `U0${user.toUpperCase()}`;

function configure(profile: Profile, urls: StandInUrls): ClusterConfig {
  const [first, second] = profile.queues;
  return ClusterConfig.parse({
    clusterId: profile.clusterId,
    platform: profile.platform,
    longWaitSeconds: profile.longWaitSeconds,
    dryRun: false,
    vgac: { variant: 'v1', riskScoreIsProbability: true },
    scheduler: { kind: 'simulated', endpoint: urls.scheduler, secret: SCHEDULER_SECRET },
    actions: {
      annotate: { action: 'annotate' },
      warn: { action: 'warn' },
      suggest: [
        { action: 'adjust-priority', target: '+100' },
        ...(first && second ? [{ action: 'requeue', target: second.name }] : []),
      ],
    },
    approvers: APPROVERS,
    users: Object.fromEntries(profile.workload.users.map((user) => [user, slackId(user)])),
  });
}

/**
 * The two simulated clusters: a quiet one, and a bursty one whose regime changes on the way, unknown to the predictor.
 * Every number comes from fixed seeds, so that each run shows the same.
 * @param startMs where the simulated clock starts
 */
export function simulatedPlan({
  startMs,
  speed,
  days = DAYS,
}: {
  startMs: number;
  speed?: number | undefined;
  days?: number;
}): Plan {
  const clock = simulatedClock({ start: startMs, speed });
  const until = startMs + days * DAY_MS;
  const regimeAt = startMs + days * REGIME_AT * DAY_MS;
  let publish: (events: readonly CollectorEvent[]) => void = () => undefined;
  const emit = (event: CollectorEvent) => publish([event]);
  const clusters = CLUSTERS.map(({ profile, seed }) => {
    const random = seededRandom(seed);
    return new SimulatedCluster({ profile, clock, random, emit, regimeAt: profile.regime ? regimeAt : null });
  });
  const predicted = clusters.map((cluster, index) => ({
    cluster,
    predictor: trainPredictor(cluster.profile, TRAINING_SEED + index),
    trainedAt: startMs,
  }));
  return {
    description: `Two simulated clusters over ${days} days; ${BEGINS_ANEW}`,
    clock,
    clockKind: 'simulated',
    pause: () => clock.close(),
    configuration: (urls) => CLUSTERS.map(({ profile }) => configure(profile, urls)),
    predictions: simulatedSource(predicted),
    schedulers: new Map(clusters.map((cluster) => [cluster.clusterId, cluster])),
    keepsTables: false,
    newSalt: repeatableSalt,
    start(put): Feeding {
      const { promise: done, resolve, reject } = Promise.withResolvers<void>();
      publish = (events) => {
        try {
          put(events);
        } catch (error) {
          reject(error);
        }
      };
      for (const cluster of clusters) cluster.start({ until });
      const end = clock.at(until, resolve);
      return {
        done,
        stop() {
          for (const cluster of clusters) cluster.stop();
          end.cancel();
          resolve();
        },
        progress: () => Math.min(1, Math.max(0, (clock.now() - startMs) / (until - startMs))),
      };
    },
  };
}
