import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { compilePolicy } from '../access/policy.ts';
import { danglingReferences, lostFailures } from './check.ts';
import { type RawAssembly, readAssembly } from './read.ts';
import { createResolver, type Identity } from './resolve.ts';
import * as kinds from './resources.ts';
import { INERT, KIND_OF, type Kind, type Place } from './resources.ts';
import type { Assembly } from './specs.ts';
import { refuse, UnsupportedAssembly } from './unsupported-assembly.ts';

type Found = Identity & { readonly where: string; readonly properties: Readonly<Record<string, unknown>> };
const Fields = z.record(z.string(), z.unknown());

/**
 * Reads a synthesized assembly and makes everything in it concrete: names, ARNs, URLs, texts.
 * What the assembly asks for and this runtime does not do is refused here, by name, before anything runs.
 * @throws UnsupportedAssembly with every fault found
 */
export function loadAssembly(directory: string, place: Place): Assembly {
  const raw = readAssembly(directory);
  const { resolve, identify } = createResolver(raw.stacks, place);
  const problems: string[] = [];
  const inert: string[] = [];
  const byType = new Map<string, Found[]>();

  const attempt = <T>(where: string, work: () => T): T[] => {
    try {
      return [work()];
    } catch (error) {
      problems.push(...faultsOf(error).map((fault) => `${where}${fault}`));
      return [];
    }
  };
  for (const stack of raw.stacks) {
    for (const [id, { Type, Properties, Condition }] of Object.entries(stack.Resources)) {
      const where = `${stack.name}/${id} (${Type})`;
      if (INERT.has(Type)) inert.push(where);
      else if (!KIND_OF.has(Type)) problems.push(`${where}: resource type is not supported`);
      else if (Condition !== undefined) problems.push(`${where}: conditions are not supported`);
      else {
        const found = attempt(where, () => ({
          ...identify(stack, id),
          ...{ where, properties: Fields.parse(resolve(stack, Properties)) },
        }));
        byType.set(Type, [...(byType.get(Type) ?? []), ...found]);
      }
    }
  }

  /** Makes something of every resource of a kind; what cannot be made is noted as a problem. */
  const each = <T extends z.ZodType, R>(kind: Kind<T>, make: (given: z.infer<T>, found: Found) => R): R[] =>
    (byType.get(kind.type) ?? []).flatMap((found) =>
      attempt(found.where, () => {
        const without = [kind.named, ...kind.without.split(' ')];
        const used = Object.entries(found.properties).filter(([key]) => !without.includes(key));
        return make(kind.schema.parse(Object.fromEntries(used)), found);
      }),
    );
  const named = ({ name, arn }: Found) => ({ name, arn });

  const policies = each(kinds.Policy, (given) => given);
  each(kinds.Api, () => null);
  const integrations = new Map<string, string>(
    each(kinds.Integration, ({ IntegrationUri }, { ref }) => [`integrations/${ref}`, IntegrationUri] as const),
  );
  const loaded = {
    roles: each(kinds.Role, ({ Policies }, found) => {
      const attached = policies.filter(({ Roles }) => Roles.includes(found.ref));
      return {
        ...named(found),
        policy: compilePolicy([...Policies, ...attached].flatMap((one) => one.PolicyDocument)),
      };
    }),
    functions: each(kinds.LambdaFunction, ({ asset, handler, ...given }, found) => ({
      ...{ ...named(found), ...entryPoint(raw, asset, handler), ...given },
    })),
    machines: each(kinds.Machine, ({ RoleArn, ...given }, found) => ({
      ...{ ...named(found), roleArn: RoleArn, definition: definitionOf(given) },
    })),
    buses: [
      { name: 'default', arn: kinds.arn('events', 'event-bus/')('default', place) },
      ...each(kinds.EventBus, (_, found) => named(found)),
    ],
    rules: each(kinds.Rule, (given, found) => ({ ...named(found), ...given })),
    queues: each(kinds.Queue, (given, found) => ({ ...named(found), ...given })),
    tables: each(kinds.Table, (given, found) => ({ ...named(found), ...given })),
    // There is no IAM on one machine: before a route that asks for it stands the console, with tokens of its own.
    routes: each(kinds.Route, ({ Target, RouteKey, ApiId, AuthorizationType }) => {
      const [method = '', path = ''] = RouteKey.split(' ');
      const functionArn = integrations.get(Target) ?? refuse('it has no integration');
      return { method, path, apiId: ApiId, functionArn, open: AuthorizationType === 'NONE' };
    }).filter(({ open }) => open),
    secrets: each(kinds.Secret, (_, found) => named(found)),
  };
  problems.push(...danglingReferences(loaded));
  if (problems.length > 0) throw new UnsupportedAssembly(problems);
  return { ...loaded, inert, warnings: lostFailures(loaded) };
}

function faultsOf(error: unknown): string[] {
  if (error instanceof z.ZodError) {
    return error.issues.map(({ path, message }) => `${path.length > 0 ? ` ${path.join('.')}` : ''}: ${message}`);
  }
  if (error instanceof UnsupportedAssembly) return error.problems.map((problem) => `: ${problem}`);
  if (error instanceof Error) return [`: ${error.message}`];
  throw error;
}

function entryPoint(raw: RawAssembly, key: string, handler: string) {
  const directory = raw.assets.get(key) ?? refuse(`its code ${key} is not an asset of this assembly`);
  const dot = handler.lastIndexOf('.');
  const module = join(directory, `${handler.slice(0, dot)}.mjs`);
  return existsSync(module)
    ? { module, exportName: handler.slice(dot + 1) }
    : refuse(`${directory} holds no ${handler.slice(0, dot)}.mjs`);
}

function definitionOf(
  given: Pick<z.infer<typeof kinds.Machine.schema>, 'DefinitionString' | 'DefinitionSubstitutions'>,
) {
  const values = given.DefinitionSubstitutions;
  const filled = given.DefinitionString.replace(/\$\{([A-Za-z0-9_]+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(values, name) ? `${values[name]}` : refuse(`${placeholder} has no substitution`),
  );
  const definition: unknown = JSON.parse(filled);
  return definition;
}
