import type { ActionArguments } from '../../schemas/decision.ts';
import type { EffectStatus } from '../../schemas/effect.ts';
import type { ApprovalItem } from '../../schemas/items/approval.ts';
import type { JobItem } from '../../schemas/items/job.ts';
import type { Verdict } from '../../schemas/verdict.ts';
import { argumentsHash } from './ids.ts';
import { recheck, type WorldNow } from './recheck.ts';

/** What is recorded does not permit this effect at all: a fault, or somebody trying. Nothing is done. */
export class NotPermitted extends Error {
  override name = 'NotPermitted' as const;
}

export interface Attempt {
  decisionId: string;
  row: JobItem | null;
  /** The approval that permits it, and the evidence now; null where the agent's own decision must. */
  approval: { item: ApprovalItem; verdict: Verdict } | null;
  world: Omit<WorldNow, 'argumentsHash' | 'jobPending' | 'verdict'>;
}

export type Permission =
  | { may: true; args: ActionArguments }
  | { may: false; args: ActionArguments; status: Extract<EffectStatus, 'refused' | 'void'>; reason: string };

/**
 * Whether the recorded decision, or the approval that was pinned to it, permits this effect now.
 * A switch that says no is an answer (`refused`, or `void` for an approval); a record that never permitted it is a fault.
 * @throws NotPermitted when decision, hash or approval do not fit together
 */
export function permission({ decisionId, row, approval, world }: Attempt): Permission {
  const args = recordedArguments(row, decisionId);
  const jobPending = isPending(row);
  if (approval === null) {
    if (row?.decision?.executed !== true)
      throw new NotPermitted(`decision ${decisionId} was not the agent's to carry out`);
    if (world.frozen) return { may: false, args, status: 'refused', reason: 'frozen by an operator' };
    if (!jobPending) return { may: false, args, status: 'refused', reason: 'the job is no longer waiting to start' };
    return { may: true, args };
  }
  const { item, verdict } = approval;
  if (item.status !== 'approved' || item.question !== 'act' || item.pinned.decisionId !== decisionId) {
    throw new NotPermitted(`approval ${item.approval_id} does not permit decision ${decisionId}`);
  }
  const overtaken = recheck(item.pinned, { ...world, verdict, argumentsHash: argumentsHash(args), jobPending });
  return overtaken ? { may: false, args, status: 'void', reason: overtaken.message } : { may: true, args };
}

/** The arguments as recorded, after checking that nobody changed them since. @throws NotPermitted */
export function recordedArguments(row: JobItem | null, decisionId: string): ActionArguments {
  const decision = row?.decision;
  if (!decision || decision.decisionId !== decisionId || !decision.arguments) {
    throw new NotPermitted(`there is no recorded decision ${decisionId} with something to do`);
  }
  if (argumentsHash(decision.arguments) !== decision.argumentsHash) {
    throw new NotPermitted(`the arguments of decision ${decisionId} are not the ones that were recorded`);
  }
  return decision.arguments;
}

function isPending(row: JobItem | null): boolean {
  return row?.started_at === undefined && row?.ended_at === undefined && row?.cancelled_at === undefined;
}
