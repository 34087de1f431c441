import { Duration } from 'aws-cdk-lib';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { collectorEvents } from './collector-events.ts';
import { GuardedRule } from './constructs/guarded-rule.ts';
import type { Parts } from './parts.ts';

/** What jobs really did comes back, and calibration moves. */
export function outcomes(scope: Construct, { config, stateful, functions }: Parts): void {
  new GuardedRule(scope, 'JobOutcome', {
    description: 'A collector saw a start, an end or a cancellation: joins it to the row of the job.',
    on: {
      bus: stateful.bus,
      pattern: collectorEvents(scope, config, ['JobStarted', 'JobEnded', 'JobCancelled']),
    },
    // A lost outcome is a wrong label, so it is tried for as long as EventBridge can.
    maxEventAge: Duration.hours(24),
    retryAttempts: 185,
    deadLetterQueue: functions.IngestOutcome.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.IngestOutcome, delivery),
  });
  new GuardedRule(scope, 'QueueSnapshot', {
    description: 'A collector has read a whole queue: corrects what the built-in forecast has counted of it.',
    on: { bus: stateful.bus, pattern: collectorEvents(scope, config, ['QueueSnapshot']) },
    // Beyond this it is refused as too old; the next one says more.
    maxEventAge: Duration.minutes(5),
    retryAttempts: 10,
    deadLetterQueue: functions.IngestSnapshot.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.IngestSnapshot, delivery),
  });
}
