import type { Place } from '../assembly/resources.ts';
import type { Assembly } from '../assembly/specs.ts';
import { AwsError } from '../aws-error.ts';
import { needsOf } from './needs.ts';

/**
 * Checks that a caller may make a call. `who` is the ARN of a function or machine; for a rule, of its target's role.
 * @throws AwsError AccessDeniedException, worded as AWS words it
 */
export type Authorize = (who: string, service: string, operation: string, input: unknown) => void;

/** Enforces the roles of the assembly; a caller without a role may do nothing. */
export function createAuthorize(assembly: Assembly, place: Place): Authorize {
  const needs = needsOf(assembly, place);
  const policies = new Map(assembly.roles.map(({ arn, policy }) => [arn, policy]));
  const rules = assembly.rules.flatMap(({ name, targets }) =>
    targets.flatMap(({ roleArn }) => (roleArn === null ? [] : [{ arn: roleArn, name, roleArn }])),
  );
  const callers = new Map([...assembly.functions, ...assembly.machines, ...rules].map((one) => [one.arn, one]));
  return (who, service, operation, input) => {
    const { name = 'nobody', roleArn = '' } = callers.get(who) ?? {};
    const policy = policies.get(roleArn);
    for (const request of needs(service, operation, input)) {
      const verdict = policy?.(request);
      if (verdict === 'allowed') continue;
      const { action, resource } = request;
      const user = `arn:aws:sts::${place.account}:assumed-role/${roleArn.slice(roleArn.lastIndexOf('/') + 1)}/${name}`;
      const why =
        verdict === 'denied'
          ? 'with an explicit deny in an identity-based policy'
          : `because no identity-based policy allows the ${action} action`;
      const message = `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
      throw new AwsError('AccessDeniedException', message);
    }
  };
}
