import type * as z from 'zod';
import type { Decision } from '../../schemas/decision.ts';
import type { Effect } from '../../schemas/effect.ts';
import type { ActOutput, ActStep } from '../../schemas/machines/job-workflow.ts';

/** What the machine does after an effect. A hold that is in place always asks a human whether it stays. */
export function whatFollows(
  step: z.infer<typeof ActStep>,
  decision: Decision | null,
  effect: Effect,
): z.infer<typeof ActOutput>['follows'] {
  if (step === 'release') return 'close';
  if (effect.status === 'void') return 'void';
  const happened = effect.status === 'done' || effect.status === 'dryRun';
  if (!happened) return 'close';
  if (effect.action === 'hold') return 'askToKeep';
  return step === 'apply' && decision?.next === 'actAndNotify' ? 'notify' : 'close';
}
