import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { MalformedEvent } from './errors.ts';

/** Throws that error if there is a refusal. */
export function refuse(refusal: { code: string; detail: string } | null, metrics: Metrics): void {
  if (refusal !== null) throw refused(refusal, metrics);
}

/**
 * The error for an event that is refused, counted under its reason. It is thrown at each retry, until the event is moved to a
 * dead-letter queue, which raises an alarm.
 */
export function refused({ code, detail }: { code: string; detail: string }, metrics: Metrics): MalformedEvent {
  metrics.addDimension('Reason', code);
  metrics.addMetric('EventRefused', MetricUnit.Count, 1);
  return new MalformedEvent(`${code}: ${detail}`);
}
