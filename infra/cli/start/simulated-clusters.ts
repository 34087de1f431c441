import { ClusterConfig } from '../../../schemas/config.ts';
import type { Profile } from '../../demo/simulator/profile.ts';
import { burstySlurm, quietK8s } from '../../demo/simulator/profiles.ts';
import { APPROVERS, SCHEDULER_SECRET, type StandInUrls } from './plan.ts';

/**
 * What the default run simulates. Long enough that trust is earned tier by tier, lost where the predictor turns wrong, and earned
 * again; short enough for some 1,800 jobs. Hours since the start.
 */
export const STORY = { days: 3.4, nodesLost: 19.2, nodesBack: 36 } as const;

export interface StoryCluster {
  readonly profile: Profile;
  /** Of its arrivals; its predictor is trained on a past of its own. */
  readonly seed: number;
  readonly trainingSeed: number;
  /** Where its operators want something else than usual. */
  readonly own: Partial<Pick<ClusterConfig, 'vgac' | 'tiers' | 'limits' | 'asking' | 'actions'>>;
}

const quiet: StoryCluster = {
  profile: quietK8s,
  seed: 20,
  trainingSeed: 20_361,
  own: {
    // Nobody has to have VGAC: the forecast of the queue's own state serves alone.
    vgac: { variant: 'builtin', riskScoreIsProbability: false },
    // A hold costs its user time, so these operators want to be asked about each: more than 99 % is hard to earn.
    tiers: { gate: { promise: 0.99 } },
  },
};

const bursty: StoryCluster = {
  profile: burstySlurm,
  seed: 7,
  trainingSeed: 20_362,
  own: {
    // Most of a pipeline is to wait its turn, and its people are asked about two jobs of it, not about twenty.
    limits: { cooldownMinutes: 30, actionsPerHour: 6 },
    asking: { open: 2, perHour: 2, keptForGate: 0 },
  },
};

export const STORY_CLUSTERS: readonly StoryCluster[] = [quiet, bursty];

/** Minutes after which a question in a simulated cluster expires: its jobs seldom wait longer. */
const QUESTION_MINUTES = 30;

/** Any user may be an approver elsewhere, but nobody approves their own job: so each needs a Slack id. */
const slackId = (user: string) => `U0${user.toUpperCase()}`;

export function configurationOf({ profile, own }: StoryCluster, urls: Pick<StandInUrls, 'scheduler'>): ClusterConfig {
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
        // The collector proposes it where the second queue has room.
        ...(first && second ? [{ action: 'requeue', target: second.name }] : []),
      ],
      ...(own.tiers?.gate && { gate: { action: 'hold' } }),
    },
    approvers: APPROVERS,
    users: Object.fromEntries(profile.workload.users.map((user) => [user, slackId(user)])),
    // Its first interventions come within the first day; what is simulated cannot be poisoned.
    evidenceDays: 0,
    approvalTtlSeconds: QUESTION_MINUTES * 60,
    ...own,
  });
}
