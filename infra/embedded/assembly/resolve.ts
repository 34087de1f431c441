import * as z from 'zod';
import type { Stack } from './read.ts';
import { arn as arnIn, digest, KIND_OF, type Place } from './resources.ts';
import { refuse } from './unsupported-assembly.ts';

/** A resource once it exists: `ref` is what `Ref` gives of it. */
export interface Identity {
  readonly name: string;
  readonly arn: string;
  readonly ref: string;
}

/** The least that any of the services allows. */
const LONGEST_NAME = 64;
const Fields = z.record(z.string(), z.unknown());
const Plain = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const Join = z.tuple([z.string(), z.array(z.unknown())]);
const GetAtt = z.tuple([z.string(), z.string()]);

/**
 * Makes CloudFormation values concrete: the intrinsic functions, and what resources are called. References across stacks
 * go by the exports of all of them. A name nobody chose is the stack's and the logical id, the same in every run, so that
 * a kept data folder finds its tables again.
 */
export function createResolver(stacks: readonly Stack[], place: Place) {
  const identities = new Map<unknown, Identity>();

  const resolve = (stack: Stack, value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((item) => resolve(stack, item));
    const fields = Fields.safeParse(value).data;
    if (fields === undefined) return value;
    const [[name, argument] = ['', undefined], ...others] = Object.entries(fields);
    if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
      const intrinsic = Object.hasOwn(intrinsics, name) ? intrinsics[name] : undefined;
      return intrinsic === undefined ? refuse(`${name} is not supported`) : intrinsic(stack, argument);
    }
    return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, resolve(stack, item)]));
  };
  const text = (stack: Stack, value: unknown): string => Plain.parse(resolve(stack, value));

  const identify = (stack: Stack, id: string): Identity => {
    const resource = Object.hasOwn(stack.Resources, id) ? stack.Resources[id] : undefined;
    if (resource === undefined) return refuse(`${stack.name}: nothing is called ${id}`);
    const known = identities.get(resource);
    if (known !== undefined) return known;
    const kind = KIND_OF.get(resource.Type);
    const { [kind?.named ?? '']: chosen, EventBusName } = resource.Properties;
    const name = chosen === undefined ? shorten(`${stack.name}-${id}`) : text(stack, chosen);
    const [, service = ''] = resource.Type.toLowerCase().split('::');
    const arnOf = kind?.arn ?? arnIn(service);
    const arn = arnOf(name, place, { EventBusName: resolve(stack, EventBusName) });
    const identity = { name, arn, ref: kind?.ref?.(name, place) ?? (service === 'sns' ? arn : name) };
    identities.set(resource, identity);
    return identity;
  };

  const intrinsics: Readonly<Record<string, (stack: Stack, argument: unknown) => unknown>> = {
    Ref(stack, argument) {
      const id = z.string().parse(argument);
      const pseudo: Readonly<Record<string, unknown>> = {
        ...{ 'AWS::AccountId': place.account, 'AWS::Region': place.region, 'AWS::StackName': stack.name },
        ...{ 'AWS::Partition': 'aws', 'AWS::URLSuffix': 'amazonaws.com' },
      };
      return pseudo[id] ?? stack.Parameters[id]?.Default ?? identify(stack, id).ref;
    },
    'Fn::GetAtt'(stack, argument) {
      const [id, attribute] = GetAtt.parse(argument);
      if (attribute === 'Arn') return identify(stack, id).arn;
      if (attribute === 'Name' || attribute === 'QueueName') return identify(stack, id).name;
      return refuse(`${stack.name}/${id}: attribute ${attribute} is not supported`);
    },
    'Fn::Join'(stack, argument) {
      const [separator, parts] = Join.parse(argument);
      return parts.map((part) => text(stack, part)).join(separator);
    },
    'Fn::Sub': (stack, template) =>
      z
        .string()
        .parse(template)
        .replace(/\$\{([^}]*)\}/g, (_, name: string) => {
          const [id = '', attribute] = name.split('.');
          return text(stack, attribute === undefined ? { Ref: id } : { 'Fn::GetAtt': [id, attribute] });
        }),
    'Fn::ImportValue'(stack, argument) {
      const wanted = text(stack, argument);
      for (const exporting of stacks) {
        for (const { Value, Export } of Object.values(exporting.Outputs)) {
          if (Export !== undefined && text(exporting, Export.Name) === wanted) return resolve(exporting, Value);
        }
      }
      return refuse(`no stack exports ${wanted}`);
    },
  };
  return { resolve, identify };
}

function shorten(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 9)}-${digest(name, 8)}`;
}
