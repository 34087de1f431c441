import type { ActionArguments } from '../../../schemas/decision.ts';
import { SchedulerRefused } from './scheduler.ts';

/** One action with its target parsed. Annotate and warn write a note: they never change queueing. */
export type Intent =
  | { readonly action: 'annotate' | 'warn'; readonly text: string }
  | { readonly action: 'requeue'; readonly queue: string }
  | { readonly action: 'adjust-priority'; readonly delta: number }
  | { readonly action: 'hold' };

/**
 * What the arguments ask of a scheduler. Dry run and the real adapters share it, so that a dry run refuses whatever a real run
 * would refuse.
 * @throws SchedulerRefused when the action is unknown or its target is not what the action takes
 */
export function intentOf(args: ActionArguments): Intent {
  switch (args.action) {
    case 'annotate':
    case 'warn':
      if (!args.text) throw new SchedulerRefused(`${args.action} needs a text`);
      return { action: args.action, text: args.text };
    case 'requeue':
      if (!args.target) throw new SchedulerRefused('requeue needs the queue to move to as its target');
      return { action: 'requeue', queue: args.target };
    case 'adjust-priority':
      return { action: 'adjust-priority', delta: signedDelta(args.target) };
    case 'hold':
      return { action: 'hold' };
    default:
      throw new SchedulerRefused(`no scheduler knows the action "${args.action}"`);
  }
}

/** A priority change such as `+100` or `-5`; a bare number would look like an absolute priority. */
function signedDelta(target: string | undefined): number {
  if (target === undefined || !/^[+-][1-9]\d{0,8}$/.test(target)) {
    throw new SchedulerRefused('adjust-priority needs a signed change such as +100 or -5 as its target');
  }
  return Number(target);
}

/** Whether it touches the scheduler's queueing, which makes the job's label unusable. */
export function touchesQueueing(action: string): boolean {
  return action !== 'annotate' && action !== 'warn';
}

/** What was done, or would have been, in words. */
export function inWords(intent: Intent, jobId: string): string {
  switch (intent.action) {
    case 'annotate':
    case 'warn':
      return `written a note on job ${jobId}`;
    case 'requeue':
      return `moved job ${jobId} to queue ${intent.queue}`;
    case 'adjust-priority':
      return `changed the priority of job ${jobId} by ${intent.delta > 0 ? '+' : ''}${intent.delta}`;
    case 'hold':
      return `held job ${jobId}`;
  }
}
