import type { Assembly } from '../assembly/specs.ts';
import { AwsError } from '../wire/aws-error.ts';
import { needsOf } from './calls.ts';

/** Lets a call pass, or throws. @throws AwsError AccessDeniedException in AWS's words */
export type Authorize = (service: string, operation: string, input: unknown) => void;

/**
 * What functions and machines may do, as their roles in the assembly say, by ARN of the function or machine; and what
 * rules may do as the roles of their targets, by ARN of the role.
 */
export function permissionsOf(
  assembly: Assembly,
  place: Parameters<typeof needsOf>[1],
): ReadonlyMap<string, Authorize> {
  const needs = needsOf(assembly, place);
  const policies = new Map(assembly.roles.map(({ arn, policy }) => [arn, policy]));
  const authorizer = (name: string, roleArn: string): Authorize => {
    const policy = policies.get(roleArn);
    const role = roleArn.slice(roleArn.lastIndexOf('/') + 1);
    const principal = `arn:aws:sts::${place.account}:assumed-role/${role}/${name}`;
    return (service, operation, input) => {
      for (const request of needs(service, operation, input)) {
        const { action, resource } = request;
        const verdict = policy?.(request);
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
  const targets = assembly.rules.flatMap((rule) => rule.targets.map(({ roleArn }) => ({ name: rule.name, roleArn })));
  const rules = targets.flatMap(({ name, roleArn }) => (roleArn === null ? [] : [{ name, roleArn, arn: roleArn }]));
  const acting = [...assembly.functions, ...assembly.machines, ...rules];
  return new Map(acting.map(({ arn, name, roleArn }) => [arn, authorizer(name, roleArn)]));
}
