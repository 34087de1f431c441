import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { compilePattern } from '../bus/patterns.ts';
import { parseExpression } from '../bus/schedule-expression.ts';
import { danglingReferences, lostFailures } from './check.ts';
import type { Each, Found } from './found.ts';
import { busNameOf, type Identity, identify, isInert, isKnown, nameProperty } from './identity.ts';
import { type Place, type Reference, resolver } from './intrinsics.ts';
import * as shapes from './properties.ts';
import { parseProperties } from './properties.ts';
import { type RawAssembly, type Resource, readAssembly, type Stack } from './read.ts';
import { rolesOf } from './roles.ts';
import type { Assembly, FunctionSpec } from './specs.ts';
import { targetSpec } from './targets.ts';
import { UnsupportedAssembly } from './unsupported-assembly.ts';

/**
 * Reads a synthesized assembly and makes everything in it concrete: names, ARNs, URLs, texts.
 * What the assembly asks for and this runtime does not do is refused here, by name, before anything runs.
 * @throws UnsupportedAssembly with every fault found
 */
export function loadAssembly(directory: string, place: Place): Assembly {
  const raw = readAssembly(directory);
  const problems: string[] = [];
  const identities = identityLookup(raw, place);
  const byType = new Map<string, Found[]>();
  const inert: string[] = [];

  for (const stack of raw.stacks) {
    for (const [id, resource] of Object.entries(stack.resources)) {
      const where = `${stack.name}/${id} (${resource.Type})`;
      if (!isKnown(resource.Type)) problems.push(`${where}: resource type is not supported`);
      else if (isInert(resource.Type)) inert.push(where);
      else if (resource.Condition !== undefined) problems.push(`${where}: conditions are not supported`);
      else {
        gather(problems, () => {
          const properties = identities.resolveProperties(stack, resource);
          const found = { id, where, identity: identities.of(stack, id), properties };
          byType.set(resource.Type, [...(byType.get(resource.Type) ?? []), found]);
        });
      }
    }
  }

  const each: Each = (type, make) =>
    (byType.get(type) ?? []).flatMap((found) => {
      const made = gather(problems, () => make(found));
      return made === undefined ? [] : [made];
    });
  const self = ({ identity }: Found) => ({ name: identity.name, arn: identity.attributes.Arn ?? identity.ref });

  const integrations = new Map<string, string>(
    each('AWS::ApiGatewayV2::Integration', (found) => {
      const properties = parseProperties(shapes.Integration, found.properties, found.where);
      return [`integrations/${found.identity.ref}`, properties.IntegrationUri] as const;
    }),
  );
  each('AWS::ApiGatewayV2::Api', (found) => parseProperties(shapes.Api, found.properties, found.where));
  const invokeConfigs = new Map(
    each('AWS::Lambda::EventInvokeConfig', (found) => {
      const properties = parseProperties(shapes.EventInvokeConfig, found.properties, found.where);
      return [properties.FunctionName, properties] as const;
    }),
  );
  const makeTable = (found: Found) => {
    const properties = parseProperties(shapes.Table, found.properties, found.where);
    return {
      ...self(found),
      keySchema: properties.KeySchema,
      attributeDefinitions: properties.AttributeDefinitions,
      globalSecondaryIndexes: properties.GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => ({
        ...{ IndexName, KeySchema, Projection },
      })),
    };
  };

  const loaded = {
    roles: rolesOf(each),
    functions: each('AWS::Lambda::Function', (found): FunctionSpec => {
      const properties = parseProperties(shapes.LambdaFunction, found.properties, found.where);
      const config = invokeConfigs.get(found.identity.name);
      return {
        ...self(found),
        ...entryPoint(raw, properties.Code.S3Key, properties.Handler, found.where),
        roleArn: properties.Role,
        environment: properties.Environment?.Variables ?? {},
        timeoutSeconds: properties.Timeout,
        memoryMb: properties.MemorySize,
        reservedConcurrency: properties.ReservedConcurrentExecutions ?? null,
        async: {
          attempts: config?.MaximumRetryAttempts ?? 2,
          maxAgeSeconds: config?.MaximumEventAgeInSeconds ?? 21_600,
          onFailureArn: config?.DestinationConfig?.OnFailure?.Destination ?? null,
          deadLetterArn: properties.DeadLetterConfig?.TargetArn ?? null,
        },
      };
    }),
    machines: each('AWS::StepFunctions::StateMachine', (found) => {
      const properties = parseProperties(shapes.StateMachine, found.properties, found.where);
      return { ...self(found), roleArn: properties.RoleArn, definition: substitute(properties, found.where) };
    }),
    buses: [
      { name: 'default', arn: `arn:aws:events:${place.region}:${place.account}:event-bus/default` },
      ...each('AWS::Events::EventBus', (found) => {
        parseProperties(shapes.EventBus, found.properties, found.where);
        return self(found);
      }),
    ],
    rules: each('AWS::Events::Rule', (found) => {
      const properties = parseProperties(shapes.Rule, found.properties, found.where);
      const { EventPattern: pattern, ScheduleExpression: schedule } = properties;
      if (schedule !== undefined) parseExpression(schedule, 'UTC');
      return {
        ...self(found),
        busName: busNameOf(properties.EventBusName),
        enabled: properties.State === 'ENABLED',
        pattern: pattern === undefined ? null : compilePattern(pattern),
        patternJson: pattern === undefined ? null : JSON.stringify(pattern),
        schedule: schedule ?? null,
        targets: properties.Targets.map((target) => targetSpec(target, found.where)),
      };
    }),
    schedules: each('AWS::Scheduler::Schedule', (found) => {
      const { Target, ...properties } = parseProperties(shapes.Schedule, found.properties, found.where);
      parseExpression(properties.ScheduleExpression, properties.ScheduleExpressionTimezone);
      const { MaximumRetryAttempts: attempts, MaximumEventAgeInSeconds: maxAgeSeconds } = Target.RetryPolicy;
      return {
        ...self(found),
        enabled: properties.State === 'ENABLED',
        expression: properties.ScheduleExpression,
        timezone: properties.ScheduleExpressionTimezone,
        target: {
          ...{ id: 'target', arn: Target.Arn, json: Target.Input ?? null },
          ...{ retry: { attempts, maxAgeSeconds }, deadLetterArn: Target.DeadLetterConfig?.Arn ?? null },
        },
      };
    }),
    queues: each('AWS::SQS::Queue', (found) => {
      const properties = parseProperties(shapes.Queue, found.properties, found.where);
      const redrive = properties.RedrivePolicy;
      return {
        ...self(found),
        url: found.identity.ref,
        visibilitySeconds: properties.VisibilityTimeout,
        retentionSeconds: properties.MessageRetentionPeriod,
        redrive:
          redrive === undefined ? null : { arn: redrive.deadLetterTargetArn, maxReceives: redrive.maxReceiveCount },
      };
    }),
    tables: [...each('AWS::DynamoDB::Table', makeTable), ...each('AWS::DynamoDB::GlobalTable', makeTable)],
    routes: each('AWS::ApiGatewayV2::Route', (found) => {
      const properties = parseProperties(shapes.Route, found.properties, found.where);
      const functionArn = integrations.get(properties.Target);
      if (functionArn === undefined) throw new UnsupportedAssembly([`${found.where}: has no integration`]);
      const [method = '', path = ''] = properties.RouteKey.split(' ');
      return { method, path, apiId: properties.ApiId, functionArn };
    }),
    secrets: each('AWS::SecretsManager::Secret', (found) => {
      parseProperties(shapes.Secret, found.properties, found.where);
      return { name: found.identity.name, arn: found.identity.ref };
    }),
  };
  problems.push(...danglingReferences(loaded));
  if (problems.length > 0) throw new UnsupportedAssembly(problems);
  return { ...loaded, inert, warnings: lostFailures(loaded) };
}

function gather<T>(problems: string[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnsupportedAssembly) problems.push(...error.problems);
    else if (error instanceof z.ZodError) problems.push(z.prettifyError(error));
    else if (error instanceof Error) problems.push(error.message);
    else throw error;
    return undefined;
  }
}

/** Resolves a resource's own name first, then everything that refers to it. */
function identityLookup(raw: RawAssembly, place: Place) {
  const known = new Map<Resource, Identity>();
  const reference: Reference = (stack, id, attribute) => {
    const identity = of(stack, id);
    if (attribute === null) return identity.ref;
    const value = identity.attributes[attribute];
    if (value === undefined)
      throw new UnsupportedAssembly([`${stack.name}/${id}: attribute ${attribute} is not supported`]);
    return value;
  };
  const resolve = resolver(raw.stacks, place, reference);
  const of = (stack: Stack, id: string): Identity => {
    const resource = stack.resources[id];
    if (resource === undefined) throw new UnsupportedAssembly([`${stack.name}: nothing is called ${id}`]);
    const found = known.get(resource);
    if (found !== undefined) return found;
    const property = nameProperty(resource.Type);
    const chosen = property === undefined ? undefined : resolve(stack, resource.Properties[property]);
    const bus = resolve(stack, resource.Properties.EventBusName);
    const name = typeof chosen === 'string' ? chosen : undefined;
    const identity = identify(resource.Type, stack.name, id, name, place, { EventBusName: bus });
    known.set(resource, identity);
    return identity;
  };
  const resolveProperties = (stack: Stack, resource: Resource) =>
    z.record(z.string(), z.unknown()).parse(resolve(stack, resource.Properties));
  return { of, resolveProperties };
}

function entryPoint(raw: RawAssembly, key: string, handler: string, where: string) {
  const directory = raw.assets.get(key);
  if (directory === undefined)
    throw new UnsupportedAssembly([`${where}: its code ${key} is not an asset of this assembly`]);
  const dot = handler.lastIndexOf('.');
  const stem = handler.slice(0, dot);
  const module = ['.mjs', '.js', '.cjs']
    .map((end) => join(directory, `${stem}${end}`))
    .find((file) => existsSync(file));
  if (module === undefined) throw new UnsupportedAssembly([`${where}: ${directory} holds no ${stem}.mjs, .js or .cjs`]);
  return { module, exportName: handler.slice(dot + 1) };
}

function substitute(properties: z.infer<typeof shapes.StateMachine.schema>, where: string): unknown {
  const filled = properties.DefinitionString.replace(/\$\{([A-Za-z0-9_]+)\}/g, (whole, name: string) =>
    Object.hasOwn(properties.DefinitionSubstitutions, name) ? `${properties.DefinitionSubstitutions[name]}` : whole,
  );
  const missing = /\$\{[A-Za-z0-9_]+\}/.exec(filled);
  if (missing !== null) throw new UnsupportedAssembly([`${where}: ${missing[0]} has no substitution`]);
  try {
    return JSON.parse(filled);
  } catch (cause) {
    throw new UnsupportedAssembly([`${where}: its definition is not JSON after substitution`], { cause });
  }
}
