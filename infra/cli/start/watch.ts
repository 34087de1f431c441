import { type Part, partOf } from '../../../functions/domain/figures.ts';
import type { DecisionSeen } from '../../console/executions.ts';
import { ScoreHistory } from '../../console/history-of-scores.ts';
import { SettledRounds } from '../../console/settled.ts';
import { type ShownScope, shownScope } from '../../console/shown-scope.ts';
import type { Notice } from '../../console/views.ts';
import type { Standing } from './evidence-text.ts';
import type { Said } from './milestones.ts';
import { Notices, type TierRecordOf } from './notices.ts';
import type { Happening } from './plan.ts';

/** How one cluster stood at its last decision. */
export interface ClusterProgress extends Standing {
  shown: ShownScope;
  dryRun: boolean;
}

export interface FirstDecision {
  readonly jobId: string;
  readonly clusterId: string;
  readonly part: Part;
  readonly statement: string;
}

/** Follows the decisions of a run for the screen and the console: evidence per cluster, and what is news. */
export class Watch {
  readonly scores = new ScoreHistory();
  readonly settled = new SettledRounds();
  readonly clusters = new Map<string, ClusterProgress>();
  readonly firstDecision: Promise<FirstDecision>;
  readonly #first: (decision: FirstDecision) => void;
  readonly #notices: Notices;
  readonly #asked = new Set<string>();

  constructor(onNotice: (notice: Notice) => void, record?: TierRecordOf, topOf?: (clusterId: string) => number) {
    const { promise, resolve } = Promise.withResolvers<FirstDecision>();
    this.firstDecision = promise;
    this.#first = resolve;
    this.#notices = new Notices(onNotice, record, topOf);
  }

  /** Newest first. */
  notices(): readonly Notice[] {
    return this.#notices.list();
  }

  /** Something happened in a simulated world, ms. */
  happened(happening: Happening, at: number): void {
    this.#notices.happened(happening, at, this.#asked.has(`${happening.clusterId} ${happening.jobId}`));
  }

  /** The system itself is in trouble, or well again. */
  system(said: Said, at: number): void {
    this.#notices.system(said, at);
  }

  /** A human is asked about this job, and hears what comes of it. */
  asked(clusterId: string, jobId: string): void {
    this.#asked.add(`${clusterId} ${jobId}`);
  }

  decided({ row, decision, at }: DecisionSeen): void {
    const { clusterId, jobId, submittedAt } = row;
    if (clusterId === null || jobId === null || submittedAt === null) return;
    const { evidence, dryRun, statement } = decision;
    const { ece, nullMean, n, score } = evidence;
    this.clusters.set(clusterId, { ece, nullMean, n, score, dryRun, shown: shownScope(evidence) });
    this.settled.note({ clusterId, jobId, submittedAt });
    this.scores.add(clusterId, { at: new Date(at).toISOString(), score, scope: evidence.scope });
    this.#notices.observe(clusterId, evidence, at);
    this.#first({ jobId, clusterId, part: partOf(decision, null), statement });
  }
}
