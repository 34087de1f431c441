import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import * as z from 'zod';
import { compilePattern } from './patterns.ts';
import { compilePolicy } from './policy.ts';
import { readAssembly } from './read.ts';
import { createResolver } from './resolve.ts';
import * as kinds from './resources.ts';
import { parseExpression } from './schedule-expression.ts';
import { refuse, UnsupportedAssembly } from './unsupported-assembly.ts';

/**
 * Reads a synthesized assembly and resolves everything in it: names, ARNs, URLs, texts.
 * Anything this runtime does not support is refused here, by name, before anything runs.
 * @throws UnsupportedAssembly listing every fault
 */
export function loadAssembly(directory: string, place: kinds.Place) {
  const { stacks, assets } = readAssembly(directory);
  const { resolve, identify } = createResolver(stacks, place);
  const resources = stacks.flatMap((stack) =>
    Object.entries(stack.Resources).map(([id, resource]) => ({
      ...resource,
      stack,
      id,
      where: `${stack.name}/${id} (${resource.Type})`,
    })),
  );
  const problems: string[] = [];
  for (const { Type, Condition, where } of resources) {
    if (kinds.IGNORED_TYPES.has(Type)) continue;
    if (!kinds.KINDS.has(Type)) problems.push(`${where}: resource type is not supported`);
    else if (Condition !== undefined) problems.push(`${where}: conditions are not supported`);
  }

  /** Builds a spec from every resource of a kind; a resource it cannot be built from is recorded as a problem. */
  const each = <T extends object, R>(
    { type, named, schema }: kinds.Kind<T>,
    make: (given: T & kinds.Identity) => R,
  ): R[] =>
    resources.flatMap(({ Type, Properties, stack, id, where }) => {
      if (Type !== type) return [];
      try {
        const used = Object.entries(Properties).filter(([key]) => key !== named && !kinds.IGNORED_PROPERTIES.has(key));
        const given = schema.parse(resolve(stack, Object.fromEntries(used)));
        const { name, arn } = identify(stack, id);
        return [make({ ...given, name, arn })];
      } catch (error) {
        problems.push(...faultsOf(error).map((fault) => `${where}${fault}`));
        return [];
      }
    });

  each(kinds.Api, () => null);
  const policies = each(kinds.Policy, (policy) => policy);
  const integrations = each(kinds.Integration, (integration) => integration);
  /** The roles that functions, machines and rules assume, each with all its permissions. */
  const roles = each(kinds.Role, ({ name, arn, Policies }) => {
    const attached = policies.filter(({ Roles }) => Roles.includes(name));
    return { name, arn, policy: compilePolicy([...Policies, ...attached].flatMap((one) => one.PolicyDocument)) };
  });
  const queues = each(kinds.Queue, ({ name, arn, MessageRetentionPeriod: retentionSeconds }) => ({
    name,
    arn,
    retentionSeconds,
  }));
  /** Lambda rejects a function whose role may not send to its dead-letter queue. */
  const checkedDeadLetterArn = (queueArn: string, roleArn: string): string => {
    const sending = { action: 'sqs:SendMessage', resource: present('queue', queueArn, queues), context: {} };
    const allowed = roles.some(({ arn, policy }) => arn === roleArn && policy(sending) === 'allowed');
    return allowed ? queueArn : refuse(`its role does not allow sqs:SendMessage on ${queueArn}`);
  };
  const functions = each(kinds.LambdaFunction, ({ name, arn, Role, Code, Handler, DeadLetterConfig, ...given }) => ({
    name,
    arn,
    roleArn: present('its role', Role, roles),
    environment: given.Environment.Variables,
    timeoutSeconds: given.Timeout,
    memoryMb: given.MemorySize,
    ...entryPoint(assets.get(Code.S3Key) ?? refuse(`its code ${Code.S3Key} is not an asset of this assembly`), Handler),
    /** Retries of an asynchronous invocation whose handler throws; the numbers are Lambda's defaults. */
    async: {
      attempts: 2,
      maxAgeSeconds: 21_600,
      deadLetterArn: DeadLetterConfig ? checkedDeadLetterArn(DeadLetterConfig.TargetArn, Role) : null,
    },
  }));
  const machines = each(kinds.Machine, ({ name, arn, RoleArn, DefinitionString, DefinitionSubstitutions: values }) => {
    const filled = DefinitionString.replace(/\$\{([A-Za-z0-9_]+)\}/g, (placeholder, key: string) =>
      Object.hasOwn(values, key) ? `${values[key]}` : refuse(`${placeholder} has no substitution`),
    );
    const definition: unknown = JSON.parse(filled);
    return { name, arn, roleArn: present('its role', RoleArn, roles), definition };
  });
  const buses = [
    { name: 'default', arn: kinds.arn('events', 'event-bus/')('default', place) },
    ...each(kinds.EventBus, (bus) => bus),
  ];
  const rules = each(kinds.Rule, ({ name, arn, EventPattern: pattern, ScheduleExpression: schedule, ...given }) => ({
    name,
    arn,
    busName: present('bus', given.EventBusName, buses, 'name'),
    enabled: given.State === 'ENABLED',
    pattern: pattern === undefined ? null : compilePattern(pattern),
    /** The pattern as written, for ListRules. */
    patternJson: pattern === undefined ? null : JSON.stringify(pattern),
    schedule: schedule === undefined ? null : { expression: schedule, next: parseExpression(schedule) },
    targets: given.Targets.map(({ Id, Arn, Input, RetryPolicy, DeadLetterConfig, RoleArn }) => ({
      id: Id,
      arn: present('target', Arn, [...functions, ...machines, ...queues]),
      // EventBridge rejects a state machine as target without a role to start it with.
      roleArn: machines.some(({ arn }) => arn === Arn)
        ? present(
            'role',
            RoleArn ?? refuse(`target ${Id} is a state machine without a RoleArn to start it with`),
            roles,
          )
        : null,
      /** JSON that the target receives instead of the event. */
      constant: Input,
      retry: { attempts: RetryPolicy.MaximumRetryAttempts, maxAgeSeconds: RetryPolicy.MaximumEventAgeInSeconds },
      deadLetterArn: DeadLetterConfig ? present('queue', DeadLetterConfig.Arn, queues) : null,
    })),
  }));
  // There is no IAM on one machine: the console, with its own tokens, takes the place of routes that require it.
  const routes = each(kinds.Route, ({ Target, RouteKey, ApiId, AuthorizationType }) => {
    const [method = '', path = ''] = RouteKey.split(' ');
    const integration = integrations.find(({ name }) => Target === `integrations/${name}`);
    const functionArn = present('function', integration?.IntegrationUri ?? Target, functions);
    return { method, path, apiId: ApiId, functionArn, open: AuthorizationType === 'NONE' };
  }).filter(({ open }) => open);
  const tables = each(kinds.Table, (table) => table);
  const secrets = each(kinds.Secret, (secret) => secret);
  if (problems.length > 0) throw new UnsupportedAssembly(problems);
  return { roles, functions, machines, buses, rules, queues, tables, routes, secrets };
}

/** Checks a reference: a target, queue or role that is not in the assembly is refused. */
function present(what: string, key: string, among: readonly kinds.Identity[], by: 'arn' | 'name' = 'arn'): string {
  return among.some((one) => one[by] === key) ? key : refuse(`${what} ${key} is not in this assembly`);
}

function faultsOf(error: unknown): string[] {
  if (error instanceof z.ZodError) {
    return error.issues.map(({ path, message }) => `${path.length > 0 ? ` ${path.join('.')}` : ''}: ${message}`);
  }
  if (error instanceof UnsupportedAssembly) return error.problems.map((problem) => `: ${problem}`);
  if (error instanceof Error) return [`: ${error.message}`];
  throw error;
}

/** Absolute path of a handler's module, and the name of its export. */
function entryPoint(directory: string, handler: string) {
  const dot = handler.lastIndexOf('.');
  const module = join(directory, `${handler.slice(0, dot)}.mjs`);
  if (!existsSync(module)) refuse(`${directory} contains no ${handler.slice(0, dot)}.mjs`);
  // Node takes a backslash in the address of a module for an attempt to get around its resolution.
  if (sep === '/' && module.includes('\\')) refuse(`${module} cannot be loaded: its path must not contain a backslash`);
  return { module, exportName: handler.slice(dot + 1) };
}
