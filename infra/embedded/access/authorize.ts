import type { Assembly } from '../assembly/specs.ts';
import { TaskError } from '../engine/errors.ts';
import type { Integrations, TaskCall } from '../engine/integrations.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Needs } from './calls.ts';
import { compilePolicy, type Policy } from './policy.ts';

/** Lets a call pass, or throws. @throws AwsError AccessDeniedException in AWS's words */
export type Authorize = (service: string, operation: string, input: unknown) => void;

/** What functions and machines may do, as the roles of the assembly say; each role is compiled once. */
export function createAccess({ roles, functions, machines }: Assembly, needs: Needs) {
  const policies = new Map<string, Policy>(roles.map(({ arn, statements }) => [arn, compilePolicy(statements)]));
  const nothing = compilePolicy([]);
  const authorizer = (roleArn: string, session: string): Authorize => {
    const policy = policies.get(roleArn) ?? nothing;
    const [, , , , account, role = ''] = roleArn.split(':');
    const principal = `arn:aws:sts::${account}:assumed-role/${role.slice(role.lastIndexOf('/') + 1)}/${session}`;
    return (service, operation, input) => {
      for (const { action, resource, context } of needs(service, operation, input)) {
        const verdict = policy({ action, resource, context: { ...context, 'aws:principalarn': [roleArn] } });
        if (verdict === 'allowed') continue;
        const why =
          verdict === 'denied'
            ? 'with an explicit deny in an identity-based policy'
            : `because no identity-based policy allows the ${action} action`;
        throw new AwsError(
          'AccessDeniedException',
          `User: ${principal} is not authorized to perform: ${action} on resource: ${resource} ${why}`,
        );
      }
    };
  };
  const ofMachines = new Map(machines.map(({ arn, name, roleArn }) => [arn, authorizer(roleArn, name)]));
  return {
    /** By ARN of the function. */
    ofFunctions: new Map(functions.map(({ arn, name, roleArn }) => [arn, authorizer(roleArn, name)])),

    /** The integrations of machines, each call checked against the role of its machine. */
    guard: (integrations: Integrations): Integrations => ({
      supports: integrations.supports,
      async invoke(call) {
        check(ofMachines.get(machineOf(call)), call);
        return integrations.invoke(call);
      },
    }),
  };
}

/** Error names under which a machine sees that its role may not. */
const DENIED: Readonly<Record<string, string>> = {
  lambda: 'Lambda.AWSLambdaException',
  dynamodb: 'DynamoDB.AccessDeniedException',
  events: 'EventBridge.AccessDeniedException',
  sqs: 'Sqs.AccessDeniedException',
  states: 'StepFunctions.AccessDeniedException',
};

function check(authorize: Authorize | undefined, { resource, arguments: input }: TaskCall): void {
  const [service = '', operation = ''] = resource.split(':').slice(5);
  try {
    if (authorize === undefined) throw new AwsError('AccessDeniedException', 'the machine has no role');
    authorize(service, `${operation.charAt(0).toUpperCase()}${operation.slice(1)}`, input);
  } catch (error) {
    if (error instanceof AwsError) throw new TaskError(DENIED[service] ?? error.type, error.message);
    throw error;
  }
}

function machineOf({ executionArn }: TaskCall): string {
  return executionArn.slice(0, executionArn.lastIndexOf(':')).replace(':execution:', ':stateMachine:');
}
