import { beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { HANDLERS, type HandlerSpec } from '../../../infra/aws/handlers.ts';
import { assembleWithoutCode, PROD, permissions, resources, type Statement, withoutHash } from './prod-like.ts';

/** The only actions that know no resource. */
const WITHOUT_RESOURCE =
  /^(xray:(Put|Get)\w+|logs:(Create|Get|Update|Delete|List)LogDeliver(y|ies)|logs:PutResourcePolicy|logs:Describe(ResourcePolicies|LogGroups))$/;

let granted: Map<string, Statement[]>;
let environments: Map<string, string[]>;
beforeAll(() => {
  // stateless-stack.test.ts has CDK check the same templates against CloudFormation's schemas; once is enough.
  vi.stubEnv('CDK_VALIDATION', 'false');
  const { stateless } = assembleWithoutCode(PROD);
  granted = permissions(stateless);
  const Settings = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) });
  environments = new Map(
    [...resources(stateless, 'AWS::Lambda::Function', Settings)].map(([id, { Environment }]) => [
      withoutHash(id),
      Object.keys(Environment.Variables).filter((name) => !name.startsWith('POWERTOOLS_')),
    ]),
  );
});

/** Roles with a statement that allows one of these actions and of which `also` holds. */
function whoMay(action: RegExp, also: (statement: Statement) => boolean = () => true): string[] {
  return [...granted]
    .filter(([, statements]) => statements.some((one) => one.Action.some((name) => action.test(name)) && also(one)))
    .map(([role]) => role)
    .sort();
}
const leadingKeys = (statement: Statement) =>
  statement.Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
const onTokens = (statement: Statement) => JSON.stringify(leadingKeys(statement)) === '["TOKEN#*"]';
const about = (text: string) => (statement: Statement) => JSON.stringify(statement.Resource).includes(text);

/** Who may answer for a human, and who says that there is nothing left to answer. */
const ANSWERING = ['ApprovalSweeperRole', 'IngestOutcomeRole', 'SlackWebhookRole'];

describe('permissions', () => {
  it('only ever allow, and name every action', () => {
    for (const statement of [...granted.values()].flat()) {
      expect(statement.Effect).toBe('Allow');
      for (const action of statement.Action) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
    }
  });

  it('name the resource, except for traces and log delivery, which know none', () => {
    const unlimited = [...granted.values()].flat().filter(({ Resource }) => Resource?.includes('*'));
    expect(unlimited.length).toBeGreaterThan(0);
    for (const { Action } of unlimited) for (const action of Action) expect(action).toMatch(WITHOUT_RESOURCE);
  });

  it('end in a wildcard for nothing but the keys of VGAC and of schedulers', () => {
    const patterns = [...granted.values()]
      .flatMap((statements) => statements.flatMap(({ Resource }) => Resource ?? []))
      .map((resource) => JSON.stringify(resource))
      .filter((resource) => resource.includes('*') && resource !== '"*"')
      .map((resource) => resource.match(/secret:([^"]*)"/)?.[1]);
    expect(new Set(patterns)).toEqual(new Set(['vgac-agentic/prod/vgac/*', 'vgac-agentic/prod/scheduler/*']));
  });

  it('hold for the table only with the keys named', () => {
    const onTable = [...granted.values()]
      .flat()
      .filter(({ Action }) => Action.some((name) => name.startsWith('dynamodb:')));
    const patterns = onTable.map(leadingKeys);
    expect(new Set(patterns.flat())).toEqual(
      new Set([
        'CLUSTER#*',
        'APPROVAL#*',
        'TOKEN#*',
        'REQUEST#*',
        'EXPLANATION#*',
        'CLUSTERS',
        'APPROVALS#OPEN',
        'APPROVALS#CLOSED#*',
      ]),
    );
    expect(whoMay(/^dynamodb:(Scan|PartiQL\w*|Batch(Write)\w*|Transact\w*|\*)$/)).toEqual([]);
  });

  it('let only the webhook, the sweeper and the one that voids read task tokens', () => {
    expect(whoMay(/^dynamodb:(?!PutItem$)/, onTokens)).toEqual(ANSWERING);
  });

  it('let RequestApproval store a task token without seeing the one before', () => {
    expect(whoMay(/^dynamodb:PutItem$/, onTokens)).toEqual(['RequestApprovalRole']);
    const statement = granted.get('RequestApprovalRole')?.find(onTokens);
    expect(statement?.Action).toEqual(['dynamodb:PutItem']);
    expect(statement?.Condition?.StringEqualsIfExists).toEqual({ 'dynamodb:ReturnValues': 'NONE' });
  });

  it('let only the webhook, the sweeper and the one that voids answer task tokens, and only those of job-workflow', () => {
    expect(whoMay(/^states:SendTask/)).toEqual(ANSWERING);
    expect(whoMay(/^states:SendTask/, about('JobWorkflowMachine'))).toEqual(ANSWERING);
  });

  it('let only Act and UndoEffect read the credentials of schedulers', () => {
    expect(whoMay(/^secretsmanager:/, about('/scheduler/'))).toEqual(['ActRole', 'UndoEffectRole']);
  });

  it('let only Observe and Predict read the keys of VGAC', () => {
    expect(whoMay(/^secretsmanager:/, about('/vgac/'))).toEqual(['ObserveRole', 'PredictRole']);
  });

  it('let only drift-monitor start an execution, and only of recalibration', () => {
    expect(whoMay(/^states:StartExecution$/, about('RecalibrationMachine'))).toEqual(['DriftMonitorRole']);
    expect(
      whoMay(/^states:StartExecution$/, about('JobWorkflowMachine')).filter((role) => !/Events/.test(role)),
    ).toEqual([]);
  });

  it('let only the webhook read the signing secret', () => {
    expect(whoMay(/^secretsmanager:/, about('SlackSigningSecret'))).toEqual(['SlackWebhookRole']);
  });

  it('let only those who speak in Slack read its bot token', () => {
    const speaking = Object.entries<HandlerSpec>(HANDLERS)
      .filter(([, { reaches }]) => reaches?.includes('slack'))
      .map(([name]) => `${name}Role`);
    expect(whoMay(/^secretsmanager:/, about('SlackBotToken'))).toEqual(speaking.sort());
  });

  it('let only ExplainApproval ask a model, the configured one alone, and no token or decision', () => {
    expect(whoMay(/^bedrock:/)).toEqual(['ExplainApprovalRole']);
    const own = granted.get('ExplainApprovalRole') ?? [];
    const asks = own.filter(({ Action }) => Action.some((name) => name.startsWith('bedrock:')));
    const arns = (value: unknown) =>
      Array.from((JSON.stringify(value) ?? '').matchAll(/":(bedrock:[^"]*)"/g), ([, arn]) => arn).sort();
    const profile = 'bedrock:eu-central-1:123456789012:inference-profile/global.anthropic.claude-haiku-5-5';
    const model = 'foundation-model/anthropic.claude-haiku-5-5';
    expect(
      asks.map(({ Action, Resource, Condition }) => ({ Action, on: arns(Resource), through: arns(Condition) })),
    ).toEqual([
      { Action: ['bedrock:InvokeModel'], on: [profile], through: [] },
      {
        Action: ['bedrock:InvokeModel'],
        on: [`bedrock:::${model}`, `bedrock:eu-central-1::${model}`],
        through: [profile],
      },
    ]);
    expect(Object.keys(asks[1]?.Condition?.StringEquals ?? {})).toEqual(['bedrock:InferenceProfileArn']);
    expect(own.filter(onTokens)).toEqual([]);
    expect(own.flatMap(({ Action }) => Action)).not.toContain('states:SendTaskSuccess');
  });

  it('let nobody put events as a collector', () => {
    for (const statement of [...granted.values()].flat().filter(({ Action }) => Action.includes('events:PutEvents'))) {
      expect(statement.Condition).toEqual({ 'ForAllValues:StringEquals': { 'events:source': 'vgac.agentic' } });
    }
  });

  it('let each machine invoke the functions of its own folder', () => {
    for (const [role, folder] of [
      ['JobWorkflowRole', 'job-workflow'],
      ['DriftMonitorRole', 'drift-monitor'],
      ['RecalibrationRole', 'recalibration'],
    ] as const) {
      const invoke = granted.get(role)?.find(({ Action }) => Action.includes('lambda:InvokeFunction'));
      const targets = z
        .array(z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }))
        .parse(invoke?.Resource);
      const own = Object.entries(HANDLERS).filter(([, spec]) => spec.folder === folder);
      expect(targets.map((target) => withoutHash(target['Fn::GetAtt'][0])).sort()).toEqual(
        own.map(([name]) => name).sort(),
      );
    }
  });

  it('tell a function only the names it needs', () => {
    expect(environments.get('AdmitJob')).toEqual(['NODE_OPTIONS', 'DYNAMODB_TABLE_NAME', 'NEW_CLUSTERS_PER_DAY']);
    const knowing = (name: string) => [...environments].filter(([, names]) => names.includes(name)).map(([id]) => id);
    expect(knowing('SLACK_SIGNING_SECRET_NAME')).toEqual(['SlackWebhook']);
    expect(knowing('VGAC_API_KEY_NAME').sort()).toEqual(['Observe', 'Predict']);
  });
});
