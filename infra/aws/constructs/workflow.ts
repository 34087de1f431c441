import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { SYSTEM } from '../names.ts';
import { fileStem } from './stem.ts';

/** A resource that a machine uses without a function: the value of its placeholder and the permission it needs. */
interface ServiceIntegration {
  value: string;
  permission: PolicyStatement;
}

interface WorkflowProps {
  /** State -> function: yields the substitution `${<State>Arn}` and the permission to invoke. */
  functions: Readonly<Record<string, IFunction>>;
  /** Placeholder -> resource. */
  services?: Readonly<Record<string, ServiceIntegration>>;
  /** Placeholder -> a domain constant that a condition compares with. */
  numbers?: Readonly<Record<string, number>>;
  /** Where `<machine>.asl.json` is; default `statemachines/`. */
  directory?: string;
}

/** The placeholders of an ASL file and the values the stack provides do not match. */
export class SubstitutionMismatch extends Error {
  override name = 'SubstitutionMismatch' as const;
}

const STATE_MACHINES = fileURLToPath(new URL('../../../statemachines/', import.meta.url));

/**
 * A state machine from its ASL file; the construct id `JobWorkflow` reads `job-workflow.asl.json`.
 * One map yields both the substitutions and the permissions, so that they cannot drift apart.
 *
 * Gotchas: logs show which states ran but not their data, since inputs contain task tokens and user names.
 *
 * @throws SubstitutionMismatch when a `${...}` of the file has no value, or a value is not used in the file
 */
export class Workflow extends Construct {
  readonly machine: StateMachine;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    const { functions, services = {}, numbers = {}, directory = STATE_MACHINES } = props;
    const stem = fileStem(id);
    const file = `${stem}.asl.json`;
    const definition = readFileSync(`${directory}/${file}`, 'utf8');
    const substitutions = {
      ...Object.fromEntries(Object.entries(functions).map(([state, target]) => [`${state}Arn`, target.functionArn])),
      ...Object.fromEntries(Object.entries(services).map(([placeholder, { value }]) => [placeholder, value])),
      ...Object.fromEntries(Object.entries(numbers).map(([placeholder, number]) => [placeholder, String(number)])),
    };
    checkSubstitutions(file, definition, Object.keys(substitutions));

    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: Object.values(functions).map((target) => target.functionArn),
      }),
    );
    for (const { permission } of Object.values(services)) role.addToPolicy(permission);
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: `${SYSTEM}-${stem}`,
      definitionBody: DefinitionBody.fromString(definition),
      definitionSubstitutions: substitutions,
      role,
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', {
          // The prefix keeps the account's log-delivery policy from growing past its limit.
          logGroupName: `/aws/vendedlogs/states/${SYSTEM}-${stem}`,
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Sending traces to X-Ray and setting up log delivery do not support resource-level permissions.',
    });
  }
}

function checkSubstitutions(file: string, definition: string, given: readonly string[]): void {
  const wanted = new Set(Array.from(definition.matchAll(/\$\{([^}]*)\}/g), ([, placeholder]) => placeholder ?? ''));
  const missing = [...wanted].filter((placeholder) => !given.includes(placeholder));
  const unused = given.filter((placeholder) => !wanted.has(placeholder));
  const faults = [
    ...missing.map((placeholder) => `\${${placeholder}} is in the file but has no value`),
    ...unused.map((placeholder) => `\${${placeholder}} has a value but is not in the file`),
  ];
  if (faults.length > 0) throw new SubstitutionMismatch(`${file}: ${faults.join('; ')}`);
}
