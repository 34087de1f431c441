import type * as z from 'zod';
import type { Decision } from '../../schemas/decision.ts';
import type { Effect } from '../../schemas/effect.ts';
import type { ActOutput, ActStep } from '../../schemas/machines/job-workflow.ts';

/**
 * What the machine does after an effect. A hold in place always asks a human whether to keep it; a dry-run hold asks nothing.
 * If less was done than the job called for, the rest is asked about.
 */
export function whatFollows(
  step: z.infer<typeof ActStep>,
  decision: Decision | null,
  effect: Effect,
): z.infer<typeof ActOutput>['follows'] {
  if (step === 'release') return 'close';
  if (effect.status === 'void') return 'void';
  if (effect.status === 'done' && effect.action === 'hold') return 'askToKeep';
  // A switch that refused would refuse again; after a mere failure the question is still worth asking.
  if (step !== 'apply' || effect.status === 'refused') return 'close';
  // People have to know of a touch that went wrong, and of one that something came between.
  if (effect.intervened && (effect.status !== 'done' || effect.reason !== undefined)) return 'notify';
  if (effect.status === 'failed') return decision?.asks ? 'ask' : 'close';
  if (decision?.next === 'actAndNotify') return 'notify';
  return decision?.asks ? 'ask' : 'close';
}
