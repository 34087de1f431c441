// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of CloudFormation.
import { lambda, MIGHTY, queue, type Resources, table, writeAssembly } from './assembly-fixture.ts';

/** Handlers of the little system under test; plain modules, as a bundle would be. */
const FUNCTIONS = {
  greet: `
    export const handler = async (event, context) => {
      if (event.fail) { const error = new Error('no such job'); error.name = 'JobUnknown'; throw error; }
      console.log('greeting', event.detail?.jobId ?? event.who);
      return { hello: event.who ?? event.detail.jobId, at: context.embeddedNow, remaining: context.getRemainingTimeInMillis() > 1000 };
    };`,
  environment: `
    process.env.COUNT = String(Number(process.env.COUNT ?? 0) + 1);
    export const handler = async () => ({ ...process.env });`,
  refuse: `
    export const handler = async () => { const error = new TypeError('never'); throw error; };`,
  misbehave: `
    export const handler = async ({ how }) => {
      if (how === 'hang') { console.log('about to hang'); for (;;); }
      if (how === 'exit') process.exit(3);
      if (how === 'crash') { setTimeout(() => { throw new Error('later'); }); await new Promise(() => {}); }
      if (how === 'large') return 'x'.repeat(7 * 1024 * 1024);
      return how;
    };`,
  web: `
    export const handler = async (event) => ({
      statusCode: 201, headers: { 'X-Seen': event.headers['x-custom'] ?? 'nothing' }, cookies: ['a=1'],
      body: JSON.stringify({ raw: event.body, base64: event.isBase64Encoded, path: event.rawPath, version: event.version, at: event.requestContext.timeEpoch }),
    });`,
};

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

const flow = {
  StartAt: 'Greet',
  QueryLanguage: 'JSONata',
  States: {
    Greet: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: '${GreetArn}', Payload: '{% $states.input %}' },
      Output: '{% $states.result.Payload %}',
      Catch: [{ ErrorEquals: ['JobUnknown'], Next: 'Quarantine', Output: '{% $states.errorOutput %}' }],
      Next: 'Save',
    },
    Save: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage',
      Arguments: {
        QueueUrl: "{% $states.input.hello = 'nobody' ? 'nowhere' : '${SavedUrl}' %}",
        MessageBody: '{% $states.input %}',
      },
      End: true,
    },
    Quarantine: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage',
      Arguments: { QueueUrl: '${QueueUrl}', MessageBody: '{% $states.input %}' },
      End: true,
    },
  },
};

const asking = {
  StartAt: 'Ask',
  QueryLanguage: 'JSONata',
  States: {
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
      Arguments: { QueueUrl: '${QueueUrl}', MessageBody: { token: '{% $states.context.Task.Token %}' } },
      TimeoutSeconds: 60,
      Next: 'Tell',
    },
    Tell: {
      Type: 'Task',
      Resource: 'arn:aws:states:::events:putEvents',
      Arguments: {
        Entries: [{ EventBusName: 'jobs', Source: 'asking', DetailType: 'Answered', Detail: '{% $states.input %}' }],
      },
      End: true,
    },
  },
};

const starting = {
  StartAt: 'Start',
  QueryLanguage: 'JSONata',
  States: {
    Start: {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution',
      Arguments: {
        StateMachineArn: '${FlowArn}',
        Name: '{% $states.input.name %}',
        Input: { detail: { jobId: '{% $states.input.name %}' } },
      },
      Output: '{% $states.result.ExecutionArn %}',
      Catch: [{ ErrorEquals: ['StepFunctions.ExecutionAlreadyExistsException'], Next: 'Refused' }],
      End: true,
    },
    Refused: { Type: 'Pass', Output: 'there is one already', End: true },
  },
};

function machine(name: string, definition: unknown, substitutions: Record<string, unknown>): Resources[string] {
  return {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      StateMachineName: name,
      RoleArn: MIGHTY,
      DefinitionString: JSON.stringify(definition),
      DefinitionSubstitutions: substitutions,
    },
  };
}

function rule(pattern: unknown, target: unknown, more: Record<string, unknown> = {}): Resources[string] {
  return {
    Type: 'AWS::Events::Rule',
    Properties: { EventBusName: { Ref: 'Bus' }, EventPattern: pattern, Targets: [target], ...more },
  };
}

/** A table, a bus, rules, functions, machines, dead-letter queues, a schedule and a route. */
export function systemAssembly(extra: Resources = {}): string {
  const resources: Resources = {
    Table: table('rows'),
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'jobs' } },
    Greet: lambda('greet', { FunctionName: 'greet' }),
    One: lambda('environment', { FunctionName: 'one', Environment: { Variables: { ONLY_ONE: { Ref: 'Table' } } } }),
    Two: lambda('environment', { FunctionName: 'two', Environment: { Variables: { ONLY_TWO: '2' } } }),
    Refuse: lambda('refuse', { FunctionName: 'refuse', DeadLetterConfig: { TargetArn: arnOf('Dead') } }),
    Misbehave: lambda('misbehave', { FunctionName: 'misbehave', Timeout: 1 }),
    Web: lambda('web', { FunctionName: 'web' }),
    Quarantine: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'quarantine' } },
    Saved: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'saved' } },
    Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
    Ended: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'ended' } },
    Unread: queue(),
    Flow: machine('flow', flow, {
      GreetArn: arnOf('Greet'),
      SavedUrl: { Ref: 'Saved' },
      QueueUrl: { Ref: 'Quarantine' },
    }),
    Asking: machine('asking', asking, { QueueUrl: { Ref: 'Quarantine' } }),
    Starting: machine('starting', starting, { FlowArn: { Ref: 'Flow' } }),
    OnSubmitted: rule(
      { source: ['collectors'], account: [{ Ref: 'AWS::AccountId' }], 'detail-type': ['JobSubmitted'] },
      {
        Id: 'Flow',
        Arn: { Ref: 'Flow' },
        RoleArn: MIGHTY,
        DeadLetterConfig: { Arn: arnOf('Dead') },
      },
    ),
    OnRefused: rule({ source: ['collectors'], 'detail-type': ['Refused'] }, { Id: 'Refuse', Arn: arnOf('Refuse') }),
    OnAnswered: rule({ source: ['asking'] }, { Id: 'Ended', Arn: arnOf('Ended') }),
    OnEnded: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventPattern: { source: ['aws.states'], detail: { status: ['FAILED', 'SUCCEEDED'] } },
        Targets: [{ Id: 'Ended', Arn: arnOf('Ended') }],
      },
    },
    Minutely: {
      Type: 'AWS::Events::Rule',
      Properties: {
        ScheduleExpression: 'rate(1 minute)',
        Targets: [{ Id: 'Unread', Arn: arnOf('Unread'), Input: '{"tick":true}' }],
      },
    },
    Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'app/signing' } },
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP', Name: 'api' } },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: arnOf('Web'),
        PayloadFormatVersion: '2.0',
      },
    },
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Api' },
        RouteKey: 'POST /web/hook',
        Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
      },
    },
    ...extra,
  };
  return writeAssembly({ App: { resources } }, FUNCTIONS);
}
