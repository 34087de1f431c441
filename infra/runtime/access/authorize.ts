import type { Place } from '../assembly/resources.ts';
import type { Assembly } from '../assembly/specs.ts';
import { AwsError } from '../aws-error.ts';
import { policyOfKey } from './key-policies.ts';
import { needsOf } from './needs.ts';

/**
 * Checks that a caller may make a call. `who` is the ARN of a function or machine, or of the user that an access key of the
 * data folder stands for; for a rule, of its target's role.
 * @throws AwsError AccessDeniedException, worded as AWS words it
 */
export type Authorize = (who: string, service: string, operation: string, input: unknown) => void;

/** The user that an access key stands for. @param key name of its file, such as `read` or `collector-east` */
export const userArn = ({ account }: Place, key: string) => `arn:aws:iam::${account}:user/${key}`;

/** Enforces the roles of the assembly and the policies of access keys; a caller without either may do nothing. */
export function createAuthorize(assembly: Assembly, place: Place): Authorize {
  const needs = needsOf(assembly, place);
  const policies = new Map(assembly.roles.map(({ arn, policy }) => [arn, policy]));
  const rules = assembly.rules.flatMap(({ name, targets }) =>
    targets.flatMap(({ roleArn }) => (roleArn === null ? [] : [{ arn: roleArn, name, roleArn }])),
  );
  const callers = new Map([...assembly.functions, ...assembly.machines, ...rules].map((one) => [one.arn, one]));
  return (who, service, operation, input) => {
    const { name = 'nobody', roleArn = '' } = callers.get(who) ?? {};
    const key = who.startsWith(userArn(place, '')) ? who.slice(userArn(place, '').length) : null;
    const policy = key === null ? policies.get(roleArn) : policyOfKey(key);
    for (const request of needs(service, operation, input)) {
      const verdict = policy?.(request);
      if (verdict === 'allowed') continue;
      const { action, resource } = request;
      const user =
        key !== null
          ? who
          : `arn:aws:sts::${place.account}:assumed-role/${roleArn.slice(roleArn.lastIndexOf('/') + 1)}/${name}`;
      const why =
        verdict === 'denied'
          ? 'with an explicit deny in an identity-based policy'
          : `because no identity-based policy allows the ${action} action`;
      const message = `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
      throw new AwsError('AccessDeniedException', message);
    }
  };
}
