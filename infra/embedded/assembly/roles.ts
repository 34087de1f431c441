import { compileConditions } from '../access/condition.ts';
import type { Statement } from '../access/statement.ts';
import type { Each, Found } from './found.ts';
import * as shapes from './properties.ts';
import { parseProperties } from './properties.ts';
import type { RoleSpec } from './specs.ts';
import { UnsupportedAssembly } from './unsupported-assembly.ts';

/** AWS's own policies that give nothing but what this machine does by itself: logs and traces. */
const WITHOUT_EFFECT =
  /^arn:aws:iam::aws:policy\/(service-role\/AWSLambdaBasicExecutionRole|AWSXRayDaemonWriteAccess)$/;

/** Collects what each role may do: its own policies, and those attached to it. */
export function rolesOf(each: Each): RoleSpec[] {
  const policies = [...each('AWS::IAM::Policy', policyOf), ...each('AWS::IAM::ManagedPolicy', policyOf)];
  return each('AWS::IAM::Role', ({ identity: { name, ref, attributes }, properties, where }): RoleSpec => {
    const role = parseProperties(shapes.Role, properties, where);
    const named = role.ManagedPolicyArns.filter((arn) => !WITHOUT_EFFECT.test(arn));
    const unknown = named.filter((arn) => !policies.some((policy) => policy.arn === arn));
    if (unknown.length > 0) {
      throw new UnsupportedAssembly(unknown.map((arn) => `${where} ManagedPolicyArns: ${arn} is not in this assembly`));
    }
    const own = role.Policies.map(({ PolicyDocument }) => judged(PolicyDocument.Statement, where));
    const attached = policies.filter(({ arn, roles }) => roles.includes(ref) || named.includes(arn));
    const statements = [...own, ...attached.map((policy) => policy.statements)].flat();
    return { name, arn: attributes.Arn ?? '', statements };
  });
}

function policyOf({ identity, properties, where }: Found) {
  const { PolicyDocument, Roles } = parseProperties(shapes.Policy, properties, where);
  return { arn: identity.ref, roles: Roles, statements: judged(PolicyDocument.Statement, where) };
}

/** Compiles the conditions once, so that what cannot be judged is refused by name before anything runs. */
function judged(statements: readonly Statement[], where: string): readonly Statement[] {
  for (const { Condition } of statements) {
    try {
      compileConditions(Condition);
    } catch (cause) {
      throw new UnsupportedAssembly([`${where}: ${cause instanceof Error ? cause.message : String(cause)}`], { cause });
    }
  }
  return statements;
}
