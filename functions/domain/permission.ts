import type { ActionArguments } from '../../schemas/decision.ts';
import type { EffectStatus } from '../../schemas/effect.ts';
import type { ApprovalItem } from '../../schemas/items/approval.ts';
import type { JobItem } from '../../schemas/items/job.ts';
import type { Verdict } from '../../schemas/verdict.ts';
import { argumentsHash } from './ids.ts';
import { recheck, type WorldNow } from './recheck.ts';
import { ownSubject, subjectOf, type Whose } from './subject.ts';
import { EFFECTS } from './thresholds.ts';
import { whyNotPending } from './waiting.ts';

/** No record permits this effect: a bug, or an attack. Nothing is done. */
export class NotPermitted extends Error {
  override name = 'NotPermitted' as const;
}

export interface Attempt {
  decisionId: string;
  row: JobItem | null;
  /** The approval that permits it, with the current evidence; null when the agent's own decision must permit it. */
  approval: { item: ApprovalItem; verdict: Verdict } | null;
  world: Omit<WorldNow, 'argumentsHash' | 'notPending' | 'verdict'> & { now: Date };
}

export type Permission =
  | { may: true; args: ActionArguments }
  | { may: false; args: ActionArguments; status: Extract<EffectStatus, 'refused' | 'void'>; reason: string };

/**
 * Whether the recorded decision, or the approval pinned to it, permits this effect now.
 * A switch that says no is a result (`refused`, or `void` for an approval); a record that never permitted it is an error.
 * @throws NotPermitted when decision, hash or approval do not fit together
 */
export function permission({ decisionId, row, approval, world }: Attempt): Permission {
  if (approval === null) return ownPermission({ decisionId, row, world });
  const args = recordedArguments(row, decisionId, 'asked');
  const { item, verdict } = approval;
  const { status, question, pinned, subject } = item;
  const voided = (reason: string): Permission => ({ may: false, args, status: 'void', reason });
  if (status === 'void') return voided(item.decided_reason ?? 'the approval is void');
  if (status !== 'approved' || question !== 'act' || pinned.decisionId !== decisionId || subject.whose !== 'asked') {
    throw new NotPermitted(`approval ${item.approval_id} does not permit decision ${decisionId}`);
  }
  if (isOld(item.expires_at, world.now)) {
    return voided(`the approval was valid until ${item.expires_at.slice(0, 16).replace('T', ' ')} UTC`);
  }
  const current = { ...world, verdict, argumentsHash: argumentsHash(args), notPending: whyNotPending(row) };
  const overtaken = recheck(item, current);
  return overtaken ? voided(overtaken.message) : { may: true, args };
}

/** If the gate ran a moment ago, only the switches remain to be checked. */
function ownPermission({ decisionId, row, world }: Omit<Attempt, 'approval'>): Permission {
  const args = recordedArguments(row, decisionId, 'own');
  if (row?.decision?.executed !== true) {
    throw new NotPermitted(`decision ${decisionId} was not the agent's to carry out`);
  }
  const refused = (reason: string): Permission => ({ may: false, args, status: 'refused', reason });
  if (world.frozen) return refused('frozen by an operator');
  if (whyNotPending(row) !== null) return refused('the job is no longer waiting to start');
  if (row.decision.dryRun && world.touches) return refused('decided in dry run, which was switched off since');
  if (world.config.dryRun && world.touches) return refused('dry run was switched on since');
  if (isOld(row.decision.decidedAt, world.now)) {
    return refused('it was decided too long ago: whatever came between may have changed its evidence');
  }
  return { may: true, args };
}

/** Whatever was permitted up to then is no longer permitted; executions may have stood still for hours. */
function isOld(instant: string, now: Date): boolean {
  return now.getTime() > Date.parse(instant) + EFFECTS.permissionSeconds * 1000;
}

/** The recorded arguments, verified to be unchanged. @throws NotPermitted */
export function recordedArguments(row: JobItem | null, decisionId: string, whose: Whose): ActionArguments {
  const decision = row?.decision;
  const subject = decision && (whose === 'asked' ? subjectOf(decision, 'act') : ownSubject(decision));
  if (decision?.decisionId !== decisionId || !subject) {
    throw new NotPermitted(`there is no recorded decision ${decisionId} with something to do`);
  }
  if (argumentsHash(subject.arguments) !== subject.argumentsHash) {
    throw new NotPermitted(`the arguments of decision ${decisionId} are not the ones that were recorded`);
  }
  return subject.arguments;
}
