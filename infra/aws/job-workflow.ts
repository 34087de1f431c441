import { Duration, Stack } from 'aws-cdk-lib';
import { LambdaFunction, SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { GATE } from '../../functions/domain/thresholds.ts';
import { collectorEvents } from './collector-events.ts';
import { GuardedRule } from './constructs/guarded-rule.ts';
import { Workflow } from './constructs/workflow.ts';
import { inFolder } from './handlers.ts';
import type { Parts } from './parts.ts';

/** JobSubmitted starts the machine; if an execution fails, its row is closed. */
export function jobWorkflow(scope: Construct, { config, stateful, functions }: Parts): Workflow {
  const workflow = new Workflow(scope, 'JobWorkflow', {
    functions: inFolder('job-workflow', functions),
    numbers: { NotifyAbove: GATE.score.notify },
    services: {
      QuarantineQueueUrl: {
        value: stateful.quarantine.queueUrl,
        permission: new PolicyStatement({
          actions: ['sqs:SendMessage'],
          resources: [stateful.quarantine.queueArn],
        }),
      },
    },
  });
  for (const handler of Object.values(functions)) handler.answerTokensOf(workflow.machine);
  new GuardedRule(scope, 'JobSubmitted', {
    description: 'A collector saw a submission: starts one execution of job-workflow.',
    on: { bus: stateful.bus, pattern: collectorEvents(scope, config, ['JobSubmitted']) },
    // By then most jobs have started, and a decision would come too late.
    maxEventAge: Duration.hours(1),
    retryAttempts: 30,
    target: (delivery) => new SfnStateMachine(workflow.machine, delivery),
  });
  new GuardedRule(scope, 'ExecutionEnded', {
    description: 'An execution of job-workflow ended without its Catch running: closes the row.',
    on: {
      pattern: {
        source: ['aws.states'],
        account: [Stack.of(scope).account],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [workflow.machine.stateMachineArn] },
      },
    },
    // The reservation is held until this is done, so it is retried for as long as EventBridge can.
    maxEventAge: Duration.hours(24),
    retryAttempts: 185,
    deadLetterQueue: functions.CloseExecution.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.CloseExecution, delivery),
  });
  return workflow;
}
