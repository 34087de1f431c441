import type { DecisionSeen } from '../console/executions.ts';
import { ScoreHistory } from '../console/history-of-scores.ts';
import type { Notice } from '../console/views.ts';
import type { Standing } from '../summary.ts';
import { Notices } from './notices.ts';

/** What one cluster has seen: decisions by what became of them, and its evidence at the last one. */
export interface ClusterProgress extends Standing {
  decided: number;
  alone: number;
  notified: number;
  withheld: number;
  asked: number;
  scope: string;
}

export interface FirstDecision {
  readonly jobId: string;
  readonly clusterId: string;
  readonly scope: string;
  readonly statement: string;
}

/** Follows the decisions of a run for the screen and the console: counts and evidence per cluster, and what is news. */
export class Watch {
  readonly scores = new ScoreHistory();
  readonly clusters = new Map<string, ClusterProgress>();
  readonly firstDecision: Promise<FirstDecision>;
  readonly #first: (decision: FirstDecision) => void;
  readonly #notices: Notices;

  constructor(onNotice: (notice: Notice) => void) {
    const { promise, resolve } = Promise.withResolvers<FirstDecision>();
    this.firstDecision = promise;
    this.#first = resolve;
    this.#notices = new Notices(onNotice);
  }

  /** Newest first. */
  notices(): readonly Notice[] {
    return this.#notices.list();
  }

  decided({ row, executed, evidence, at }: DecisionSeen): void {
    const { clusterId, jobId, scope, next, statement } = row;
    if (clusterId === null || jobId === null || scope === null) return;
    const none = { decided: 0, alone: 0, notified: 0, withheld: 0, asked: 0 };
    const before = this.clusters.get(clusterId) ?? none;
    const { ece, nullMean, n, score } = evidence;
    this.clusters.set(clusterId, {
      decided: before.decided + 1,
      alone: before.alone + (executed && scope === 'autonomous' ? 1 : 0),
      notified: before.notified + (executed && scope === 'notify' ? 1 : 0),
      withheld: before.withheld + (next === 'withhold' ? 1 : 0),
      asked: before.asked + (next === 'ask' ? 1 : 0),
      scope: evidence.scope,
      ...{ ece, nullMean, n, score },
    });
    this.scores.add(clusterId, { at: new Date(at).toISOString(), score, scope: evidence.scope });
    this.#notices.observe(clusterId, evidence, at);
    this.#first({ jobId, clusterId, scope, statement: statement ?? '' });
  }

  totals(): Omit<ClusterProgress, keyof Standing | 'scope'> {
    const sum = { decided: 0, alone: 0, notified: 0, withheld: 0, asked: 0 };
    for (const cluster of this.clusters.values()) {
      sum.decided += cluster.decided;
      sum.alone += cluster.alone;
      sum.notified += cluster.notified;
      sum.withheld += cluster.withheld;
      sum.asked += cluster.asked;
    }
    return sum;
  }
}
