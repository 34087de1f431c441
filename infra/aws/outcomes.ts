import { Duration } from 'aws-cdk-lib';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { collectorEvents } from './collector-events.ts';
import { GuardedRule } from './constructs/guarded-rule.ts';
import type { Parts } from './parts.ts';

/** Ingests what jobs really did, which moves calibration. */
export function outcomes(scope: Construct, { config, stateful, functions }: Parts): void {
  new GuardedRule(scope, 'JobOutcome', {
    description: 'A collector saw a start, an end or a cancellation: joins it to the row of the job.',
    on: {
      bus: stateful.bus,
      pattern: collectorEvents(scope, config, ['JobStarted', 'JobEnded', 'JobCancelled']),
    },
    // A lost outcome is a wrong label, so delivery is retried for as long as EventBridge can.
    maxEventAge: Duration.hours(24),
    retryAttempts: 185,
    deadLetterQueue: functions.IngestOutcome.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.IngestOutcome, delivery),
  });
  new GuardedRule(scope, 'QueueSnapshot', {
    description: 'A collector read a whole queue: corrects the counts of the built-in forecast.',
    on: { bus: stateful.bus, pattern: collectorEvents(scope, config, ['QueueSnapshot']) },
    // Older snapshots are refused anyway, and the next one is better.
    maxEventAge: Duration.minutes(5),
    retryAttempts: 10,
    deadLetterQueue: functions.IngestSnapshot.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.IngestSnapshot, delivery),
  });
}
