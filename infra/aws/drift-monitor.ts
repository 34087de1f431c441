import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { GuardedRule } from './constructs/guarded-rule.ts';
import { emitOn } from './constructs/handler-function.ts';
import { Workflow } from './constructs/workflow.ts';
import { inFolder } from './handlers.ts';
import { SYSTEM } from './names.ts';
import type { Parts } from './parts.ts';

/**
 * Every five minutes, for every cluster: labels overdue jobs, catches up the fold and evaluates drift; starts
 * `recalibration` for a cluster that needs it.
 */
export function driftMonitor(scope: Construct, { stateful, functions }: Parts, recalibration: Workflow): Workflow {
  const { stateMachineArn } = recalibration.machine;
  // By name: the machine's own ARN would make its role depend on it, and it on its role.
  const ownArn = Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: `${SYSTEM}-drift-monitor`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const workflow = new Workflow(scope, 'DriftMonitor', {
    functions: inFolder('drift-monitor', functions),
    services: {
      EventBusName: { value: stateful.bus.eventBusName, permission: emitOn(stateful.bus) },
      DriftMonitorMachineArn: {
        value: ownArn,
        permission: new PolicyStatement({ actions: ['states:StartExecution'], resources: [ownArn] }),
      },
      RecalibrationMachineArn: {
        value: stateMachineArn,
        permission: new PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachineArn] }),
      },
    },
  });
  new GuardedRule(scope, 'DriftMonitorSchedule', {
    description: 'Starts drift-monitor every five minutes.',
    on: { schedule: Schedule.rate(Duration.minutes(5)) },
    // The next tick does everything a lost one would have done.
    maxEventAge: Duration.minutes(4),
    retryAttempts: 2,
    target: (delivery) => new SfnStateMachine(workflow.machine, delivery),
  });
  return workflow;
}
