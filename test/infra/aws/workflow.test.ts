import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { fileStem } from '../../../infra/aws/constructs/stem.ts';
import { SubstitutionMismatch, Workflow } from '../../../infra/aws/constructs/workflow.ts';

const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:look-around';

const placeholder = (name: string) => `\${${name}}`;

/** A workflow `SmallWorkflow` whose only state has these arguments. */
function workflow(args: Record<string, string>, given: { functions?: string[]; services?: string[] }) {
  const directory = mkdtempSync(join(tmpdir(), 'vgac-agentic-asl-'));
  const task = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments: args, End: true };
  const definition = { QueryLanguage: 'JSONata', StartAt: 'LookAround', States: { LookAround: task } };
  writeFileSync(join(directory, 'small-workflow.asl.json'), JSON.stringify(definition));
  const stack = new Stack(new App(), 'Stack');
  const permission = new PolicyStatement({ actions: ['sqs:SendMessage'], resources: ['arn:aws:sqs:::q'] });
  new Workflow(stack, 'SmallWorkflow', {
    directory,
    functions: Object.fromEntries(
      (given.functions ?? []).map((name) => [name, LambdaFunction.fromFunctionArn(stack, name, ARN)]),
    ),
    services: Object.fromEntries((given.services ?? []).map((name) => [name, { value: 'https://queue', permission }])),
  });
  return Template.fromStack(stack);
}

// Loading CDK's own template checks takes longer than all of this.
beforeAll(() => vi.stubEnv('CDK_VALIDATION', 'false'));

describe('Workflow', () => {
  it('gives each state its function, and the right to invoke just those', () => {
    const template = workflow({ FunctionName: placeholder('LookAroundArn') }, { functions: ['LookAround'] });
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      StateMachineName: 'vgac-agentic-small-workflow',
      DefinitionSubstitutions: { LookAroundArn: ARN },
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: Match.objectLike({ IncludeExecutionData: false, Level: 'ALL' }),
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([{ Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: ARN }]),
      }),
    });
  });

  it('gives a service integration its placeholder and its permission', () => {
    const template = workflow(
      { FunctionName: placeholder('LookAroundArn'), Payload: placeholder('QueueUrl') },
      { functions: ['LookAround'], services: ['QueueUrl'] },
    );
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      DefinitionSubstitutions: { LookAroundArn: ARN, QueueUrl: 'https://queue' },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([Match.objectLike({ Action: 'sqs:SendMessage' })]),
      }),
    });
  });

  it('throws on a placeholder that is given nothing', () => {
    const build = () =>
      workflow(
        { FunctionName: placeholder('LookAroundArn'), Payload: placeholder('QueueUrl') },
        { functions: ['LookAround'] },
      );
    expect(build).toThrow(SubstitutionMismatch);
    expect(build).toThrow(`small-workflow.asl.json: ${placeholder('QueueUrl')} is in the file but has no value`);
  });

  it('throws on a function that no state calls', () => {
    const build = () => workflow({ FunctionName: placeholder('LookAroundArn') }, { functions: ['LookAround', 'Act'] });
    expect(build).toThrow(`${placeholder('ActArn')} has a value but is not in the file`);
  });
});

describe('fileStem', () => {
  it.each([
    ['CheckCalibration', 'check-calibration'],
    ['Act', 'act'],
    ['SlackWebhook', 'slack-webhook'],
  ])('finds %s in %s', (id, stem) => {
    expect(fileStem(id)).toBe(stem);
  });
});
