import * as z from 'zod';
import type { TargetInput } from '../assembly/specs.ts';

const Fields = z.record(z.string(), z.unknown());

/** What a target receives of an event, as JSON text. Follows EventBridge's input path, constant and transformer. */
export function targetInput(
  input: TargetInput,
  event: unknown,
  rule: { readonly arn: string; readonly name: string },
): string {
  switch (input.kind) {
    case 'event':
      return JSON.stringify(event);
    case 'constant':
      return input.json;
    case 'path':
      return JSON.stringify(valueAt(event, input.path) ?? null);
    case 'template':
      return fill(input.template, (name) => {
        if (name === 'aws.events.event' || name === 'aws.events.event.json') return event;
        if (name === 'aws.events.rule-arn') return rule.arn;
        if (name === 'aws.events.rule-name') return rule.name;
        return valueAt(event, input.paths.get(name) ?? []);
      });
  }
}

/** Inside a quoted string a value goes in as its characters, elsewhere as JSON; a missing one is empty or null. */
function fill(template: string, value: (name: string) => unknown): string {
  return template.replace(/"(?:[^"\\]|\\.)*"|<([\w.-]+)>/g, (part, bare: string | undefined) => {
    if (bare !== undefined) return JSON.stringify(value(bare) ?? null);
    return part.replace(/<([\w.-]+)>/g, (_, name: string) => {
      const found = value(name) ?? '';
      const characters = typeof found === 'string' ? found : JSON.stringify(found);
      return JSON.stringify(characters).slice(1, -1);
    });
  });
}

function valueAt(event: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => {
    const fields = Fields.safeParse(value);
    return fields.success && Object.hasOwn(fields.data, key) ? fields.data[key] : undefined;
  }, event);
}
