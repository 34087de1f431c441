import type { Assembly } from '../assembly/specs.ts';
import { TaskError } from '../engine/errors.ts';
import type { Integrations } from '../engine/integrations.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Needs } from './calls.ts';

/** Lets a call pass, or throws. @throws AwsError AccessDeniedException in AWS's words */
export type Authorize = (service: string, operation: string, input: unknown) => void;

/** Error names under which a machine sees that its role may not. */
const DENIED: Readonly<Record<string, string>> = {
  lambda: 'Lambda.AWSLambdaException',
  dynamodb: 'DynamoDB.AccessDeniedException',
  events: 'EventBridge.AccessDeniedException',
  sqs: 'Sqs.AccessDeniedException',
  states: 'StepFunctions.AccessDeniedException',
};

/** What functions and machines may do, as the roles of the assembly say. */
export function createAccess({ roles, functions, machines }: Assembly, needs: Needs) {
  const policies = new Map(roles.map(({ arn, policy }) => [arn, policy]));
  const authorizer = ({ name, roleArn }: { name: string; roleArn: string }): Authorize => {
    const policy = policies.get(roleArn);
    const [, , , , account, role = ''] = roleArn.split(':');
    const principal = `arn:aws:sts::${account}:assumed-role/${role.slice(role.lastIndexOf('/') + 1)}/${name}`;
    return (service, operation, input) => {
      for (const { action, resource, context } of needs(service, operation, input)) {
        const verdict = policy?.({ action, resource, context: { ...context, 'aws:principalarn': [roleArn] } });
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
  const ofMachines = new Map(machines.map((machine) => [machine.arn, authorizer(machine)]));
  return {
    /** By ARN of the function. */
    ofFunctions: new Map(functions.map((spec) => [spec.arn, authorizer(spec)])),

    /** The integrations of machines, each call checked against the role of its machine. */
    guard: (integrations: Integrations): Integrations => ({
      supports: integrations.supports,
      async invoke(call) {
        const [service = '', operation = ''] = call.resource.split(':').slice(5);
        const machine = call.executionArn.replace(/:[^:]*$/, '').replace(':execution:', ':stateMachine:');
        try {
          const action = `${operation.charAt(0).toUpperCase()}${operation.slice(1)}`;
          const authorize = ofMachines.get(machine);
          if (authorize === undefined) throw new AwsError('AccessDeniedException', 'the machine has no role');
          authorize(service, action, call.arguments);
        } catch (error) {
          if (error instanceof AwsError) throw new TaskError(DENIED[service] ?? error.type, error.message);
          throw error;
        }
        return integrations.invoke(call);
      },
    }),
  };
}
