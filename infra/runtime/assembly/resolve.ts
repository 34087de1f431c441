import * as z from 'zod';
import type { Stack } from './read.ts';
import { arn as arnIn, busNameOf, digest, KINDS, type Place, Text } from './resources.ts';
import { refuse } from './unsupported-assembly.ts';

/** The smallest limit among the services. */
const LONGEST_NAME = 64;
const Pair = z.tuple([z.string(), z.string()]);
const Join = z.tuple([z.string(), z.array(z.unknown())]);

/**
 * Resolves CloudFormation values: intrinsic functions and resource names. Cross-stack references resolve through the
 * exports of all stacks. A resource without an explicit name is named after its stack and logical id, the same in every
 * run, so that an existing data folder finds its tables again.
 */
export function createResolver(stacks: readonly Stack[], place: Place) {
  const resolve = (stack: Stack, value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((item) => resolve(stack, item));
    if (typeof value !== 'object' || value === null) return value;
    const [[name, argument] = ['', undefined], ...others] = Object.entries(value);
    if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
      return (intrinsics[name] ?? refuse(`${name} is not supported`))(stack, argument);
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(stack, item)]));
  };
  const text = (stack: Stack, value: unknown): string => Text.parse(resolve(stack, value));

  const identify = (stack: Stack, id: string) => {
    const resource = Object.hasOwn(stack.Resources, id) ? stack.Resources[id] : undefined;
    if (resource === undefined) return refuse(`${stack.name}: there is no resource ${id}`);
    const { named = '', arnOf, refOf } = KINDS.get(resource.Type) ?? {};
    const { [named]: chosen, EventBusName: bus = 'default' } = resource.Properties;
    const name = chosen === undefined ? shorten(`${stack.name}-${id}`) : text(stack, chosen);
    const [, service = ''] = resource.Type.toLowerCase().split('::');
    const arn = (arnOf ?? arnIn(service))(name, place, busNameOf(text(stack, bus)));
    return { name, arn, ref: refOf?.(name, place) ?? name };
  };

  const exported = stacks.flatMap((stack) =>
    Object.values(stack.Outputs).flatMap(({ Value, Export }) => (Export ? [{ stack, Value, Name: Export.Name }] : [])),
  );
  const intrinsics: Readonly<Record<string, (stack: Stack, argument: unknown) => unknown>> = {
    Ref(stack, argument) {
      const id = z.string().parse(argument);
      const pseudo: Readonly<Record<string, string>> = {
        'AWS::AccountId': place.account,
        'AWS::Region': place.region,
        'AWS::StackName': stack.name,
        'AWS::Partition': 'aws',
        'AWS::URLSuffix': 'amazonaws.com',
      };
      return pseudo[id] ?? identify(stack, id).ref;
    },
    'Fn::GetAtt'(stack, argument) {
      const [id, attribute] = Pair.parse(argument);
      const { arn, name } = identify(stack, id);
      if (attribute === 'Arn') return arn;
      if (attribute === 'Name' || attribute === 'QueueName') return name;
      return refuse(`${stack.name}/${id}: attribute ${attribute} is not supported`);
    },
    'Fn::Join'(stack, argument) {
      const [separator, parts] = Join.parse(argument);
      return parts.map((part) => text(stack, part)).join(separator);
    },
    'Fn::Sub'(stack, argument) {
      const template = z.string().parse(argument);
      return template.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
        const [id, attribute] = name.split('.');
        return text(stack, attribute === undefined ? { Ref: id } : { 'Fn::GetAtt': [id, attribute] });
      });
    },
    'Fn::ImportValue'(stack, argument) {
      const wanted = text(stack, argument);
      const found = exported.find(({ stack: exporting, Name }) => text(exporting, Name) === wanted);
      return found === undefined ? refuse(`no stack exports ${wanted}`) : resolve(found.stack, found.Value);
    },
  };
  return { resolve, identify };
}

function shorten(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 9)}-${digest(name, 8)}`;
}
