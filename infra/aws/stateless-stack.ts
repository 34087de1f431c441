import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { approvals } from './approvals.ts';
import type { SystemConfig } from './config.ts';
import { HandlerFunction } from './constructs/handler-function.ts';
import { driftMonitor } from './drift-monitor.ts';
import { forEachHandler, HANDLERS, type HandlerName } from './handlers.ts';
import { jobWorkflow } from './job-workflow.ts';
import { outcomes } from './outcomes.ts';
import type { Parts } from './parts.ts';
import { recalibration } from './recalibration.ts';
import type { StatefulStack } from './stateful-stack.ts';

interface StatelessStackProps extends StackProps {
  config: SystemConfig;
  stateful: StatefulStack;
  code: (handler: HandlerName) => Code;
}

/** Everything that can be deleted and rebuilt: functions, machines, rules, schedules, the API and the alarms. */
export class StatelessStack extends Stack {
  constructor(scope: Construct, id: string, { config, stateful, code, ...props }: StatelessStackProps) {
    super(scope, id, props);
    const { table, bus, slackBotToken, slackSigningSecret } = stateful;
    const surroundings = { config, table, bus, slackBotToken, slackSigningSecret };
    const functions = forEachHandler(
      (name) => new HandlerFunction(this, name, { spec: HANDLERS[name], code: code(name), surroundings }),
    );
    const parts: Parts = { config, stateful, functions };
    jobWorkflow(this, parts);
    outcomes(this, parts);
    approvals(this, parts);
    const monitor = driftMonitor(this, parts, recalibration(this, parts));

    const alarms = new Alarms(this, 'Alarms', config.alarmEmail);
    alarms.watchEverything(this);
    alarms.watchQueue('Quarantine', stateful.quarantine);
    const runs = { period: Duration.minutes(5), statistic: Stats.SUM };
    alarms.watchPulse('DriftMonitor', monitor.machine.metricStarted(runs), 'No cluster is visited.');
    const sweeps = functions.ApprovalSweeper.metricInvocations(runs);
    alarms.watchPulse('ApprovalSweeper', sweeps, 'Nobody looks after open approvals.');
    alarms.watchCount('ApprovalSweepFailed', 'approval-sweeper', 'Approvals could not be completed.');
    alarms.watchCount('FoldFailed', 'check-calibration', 'Labels could not be folded before decisions.');
  }
}
