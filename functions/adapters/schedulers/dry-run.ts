import type { PlacedEffect } from '../../../schemas/ports/scheduler.ts';
import { intentOf } from '../../application/decisions/intent.ts';
import type { Scheduler } from '../../application/decisions/scheduler.ts';

/**
 * Touches nothing and reports what would have been done; the default of every cluster. Keeps its effects only in memory,
 * which is enough: repeating nothing is harmless.
 */
export function dryRunScheduler(): Scheduler {
  const placed = new Map<string, PlacedEffect>();
  return {
    touches: false,
    find: async (decisionId) => ({ effect: placed.get(decisionId) ?? null, keyed: true }),
    apply: async (args, decisionId) => {
      intentOf(args);
      const effect = placed.get(decisionId) ?? {
        decisionId,
        action: args.action,
        jobId: args.jobId,
        ...(args.target === undefined ? {} : { target: args.target }),
        before: {},
        undone: false,
      };
      placed.set(decisionId, effect);
      return effect;
    },
    readBack: async () => 'asIntended',
    undo: async (effect) => {
      const undone = { ...effect, undone: true };
      placed.set(effect.decisionId, undone);
      return undone;
    },
  };
}
