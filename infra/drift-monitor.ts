import { Duration } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { GuardedRule } from './constructs/guarded-rule.ts';
import { emitOn } from './constructs/handler-function.ts';
import { Workflow } from './constructs/workflow.ts';
import { inFolder } from './functions.ts';
import type { Parts } from './parts.ts';

/** Labels what is overdue, catches up the fold and judges drift, for every cluster, every five minutes. */
export function driftMonitor(scope: Construct, { stateful, functions }: Parts): Workflow {
  const workflow = new Workflow(scope, 'DriftMonitor', {
    functions: inFolder('drift-monitor', functions),
    services: { EventBusName: { value: stateful.bus.eventBusName, permission: emitOn(stateful.bus) } },
  });
  new GuardedRule(scope, 'DriftMonitorSchedule', {
    description: 'Starts drift-monitor every five minutes.',
    on: { schedule: Schedule.rate(Duration.minutes(5)) },
    // The next tick does all that a lost one would have done.
    maxEventAge: Duration.minutes(4),
    retryAttempts: 2,
    target: (delivery) => new SfnStateMachine(workflow.machine, delivery),
  });
  return workflow;
}
