import type { ClusterConfig } from '../../schemas/config.ts';
import type { ApprovalItem } from '../../schemas/items/approval.ts';
import type { Reason, Verdict } from '../../schemas/verdict.ts';
import { severityOf } from './calibration/drift.ts';
import { argumentsHash } from './ids.ts';
import { isStricter } from './scope.ts';

/** The state of the world when an approved effect is about to run. */
export interface WorldNow {
  /** The arguments hash on the job's row now. */
  readonly argumentsHash: string | null;
  /** Why the job is no longer waiting to start; null while it is. */
  readonly notPending: string | null;
  /** Effects are real now, not dry run. */
  readonly touches: boolean;
  readonly frozen: boolean;
  readonly limits: { readonly coolingDown: boolean; readonly usedThisHour: number };
  readonly verdict: Verdict;
  readonly config: Pick<ClusterConfig, 'limits' | 'dryRun'>;
}

/**
 * Whether an approved effect still fits the situation (DESIGN.md section 4, "Pinned"): null when it does, else why the approval
 * is void. Promises and tiers do not apply, because a human decided.
 */
export function recheck({ subject, pinned }: Pick<ApprovalItem, 'subject' | 'pinned'>, world: WorldNow): Reason | null {
  const { evidence } = pinned;
  const { verdict, limits, config } = world;
  const shown = argumentsHash(subject.arguments);
  if (shown !== subject.argumentsHash || shown !== world.argumentsHash) {
    return reason('hash', 'the arguments are not the ones that were approved');
  }
  if (verdict.epoch !== evidence.epoch) {
    return reason('epoch', `approved in calibration epoch ${evidence.epoch}, now it is ${verdict.epoch}`);
  }
  if (world.notPending !== null) return reason('notPending', world.notPending);
  if (pinned.dryRun && world.touches) return reason('dryRun', 'it was asked in dry run, which was switched off since');
  if (config.dryRun && world.touches) return reason('dryRun', 'dry run was switched on since');
  if (world.frozen) return reason('frozen', 'this cluster is frozen until an operator lifts the freeze');
  if (limits.coolingDown) {
    return reason('cooldown', `this action ran on this job less than ${config.limits.cooldownMinutes} minutes ago`);
  }
  if (!(limits.usedThisHour < config.limits.actionsPerHour)) {
    return reason('rate', `${limits.usedThisHour} of ${config.limits.actionsPerHour} actions of this hour are used`);
  }
  if (severityOf(verdict.drift) > severityOf(evidence.drift)) {
    return reason('drift', `drift was ${evidence.drift} when this was approved, now it is ${verdict.drift}`);
  }
  if (isStricter(verdict.scope, evidence.scope)) {
    return reason('reliability', `reliability was ${evidence.scope} when this was asked, now it is ${verdict.scope}`);
  }
  return null;
}

function reason(code: string, message: string): Reason {
  return { code, message, scope: 'escalate' };
}
