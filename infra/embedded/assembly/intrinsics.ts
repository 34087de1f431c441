import * as z from 'zod';
import type { Stack } from './read.ts';
import { UnsupportedAssembly } from './unsupported-assembly.ts';

export interface Place {
  readonly account: string;
  readonly region: string;
  /** URL of the one port, without a trailing slash. */
  readonly endpoint: string;
}

/** What `Ref` (attribute null) or `Fn::GetAtt` of a resource is. */
export type Reference = (stack: Stack, logicalId: string, attribute: string | null) => unknown;

export type Resolve = (stack: Stack, value: unknown) => unknown;

const Node = z.record(z.string(), z.unknown());
const Join = z.tuple([z.string(), z.unknown()]);
const Select = z.tuple([z.coerce.number().int(), z.unknown()]);
const GetAtt = z.union([z.tuple([z.string(), z.string()]), z.string().transform(splitAtFirstDot)]);
const Sub = z.union([
  z.string().transform((text): [string, Record<string, unknown>] => [text, {}]),
  z.tuple([z.string(), z.record(z.string(), z.unknown())]),
]);
const NO_VALUE = Symbol('AWS::NoValue');

/**
 * Makes the function that turns CloudFormation intrinsics into concrete values. References to resources are
 * asked of `reference`, imports are looked up among the exports of all stacks.
 * @throws UnsupportedAssembly from the returned function, naming the intrinsic or the missing thing
 */
export function resolver(stacks: readonly Stack[], place: Place, reference: Reference): Resolve {
  const refuse = (problem: string): never => {
    throw new UnsupportedAssembly([problem]);
  };
  const text = (stack: Stack, value: unknown): string => {
    const resolved = resolve(stack, value);
    if (typeof resolved === 'string' || typeof resolved === 'number' || typeof resolved === 'boolean')
      return `${resolved}`;
    return refuse(`${stack.name}: expected text, got ${JSON.stringify(resolved)}`);
  };
  const list = (stack: Stack, value: unknown): unknown[] => z.array(z.unknown()).parse(resolve(stack, value));

  const ref = (stack: Stack, id: string): unknown => {
    const pseudo: Record<string, unknown> = {
      'AWS::AccountId': place.account,
      'AWS::Region': place.region,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stack.name,
      'AWS::StackId': `arn:aws:cloudformation:${place.region}:${place.account}:stack/${stack.name}/embedded`,
      'AWS::NoValue': NO_VALUE,
    };
    if (Object.hasOwn(pseudo, id)) return pseudo[id];
    if (Object.hasOwn(stack.resources, id)) return reference(stack, id, null);
    const fallback = stack.parameters[id]?.Default;
    return fallback ?? refuse(`${stack.name}: nothing is called ${id}, and no parameter has such a default`);
  };
  const getAtt = (stack: Stack, id: string, attribute: string): unknown =>
    Object.hasOwn(stack.resources, id)
      ? reference(stack, id, attribute)
      : refuse(`${stack.name}: nothing is called ${id}`);
  const imported = (name: string): unknown => {
    for (const stack of stacks) {
      for (const output of stack.outputs) {
        if (text(stack, output.exportName) === name) return resolve(stack, output.value);
      }
    }
    return refuse(`no stack exports ${name}`);
  };
  const sub = (stack: Stack, [template, variables]: [string, Record<string, unknown>]): string =>
    template.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      if (Object.hasOwn(variables, name)) return text(stack, variables[name]);
      const [id, attribute] = splitAtFirstDot(name);
      return text(stack, attribute === '' ? { Ref: id } : { 'Fn::GetAtt': [id, attribute] });
    });

  const intrinsic = (stack: Stack, name: string, argument: unknown): unknown => {
    switch (name) {
      case 'Ref':
        return ref(stack, z.string().parse(argument));
      case 'Fn::GetAtt':
        return getAtt(stack, ...GetAtt.parse(argument));
      case 'Fn::Join': {
        const [separator, parts] = Join.parse(argument);
        return list(stack, parts)
          .map((part) => text(stack, part))
          .join(separator);
      }
      case 'Fn::Sub':
        return sub(stack, Sub.parse(argument));
      case 'Fn::ImportValue':
        return imported(text(stack, argument));
      case 'Fn::Select': {
        const [index, values] = Select.parse(argument);
        const chosen = list(stack, values)[index];
        return chosen ?? refuse(`${stack.name}: Fn::Select finds nothing at ${index}`);
      }
      case 'Fn::Split': {
        const [separator, source] = Join.parse(argument);
        return text(stack, source).split(separator);
      }
      default:
        return refuse(`${stack.name}: ${name} is not supported`);
    }
  };

  const resolve: Resolve = (stack, value) => {
    if (Array.isArray(value)) return value.map((item) => resolve(stack, item)).filter((item) => item !== NO_VALUE);
    const node = Node.safeParse(value);
    if (!node.success) return value;
    const entries = Object.entries(node.data);
    const [first] = entries;
    if (entries.length === 1 && first !== undefined && (first[0] === 'Ref' || first[0].startsWith('Fn::'))) {
      return intrinsic(stack, first[0], first[1]);
    }
    const resolved = entries.map(([key, item]): [string, unknown] => [key, resolve(stack, item)]);
    return Object.fromEntries(resolved.filter(([, item]) => item !== NO_VALUE));
  };
  return resolve;
}

function splitAtFirstDot(text: string): [string, string] {
  const dot = text.indexOf('.');
  return dot < 0 ? [text, ''] : [text.slice(0, dot), text.slice(dot + 1)];
}
