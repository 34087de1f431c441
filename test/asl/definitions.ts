import { readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { GATE } from '../../functions/domain/thresholds.ts';

const directory = new URL('../../statemachines/', import.meta.url);

const Catcher = z.looseObject({ ErrorEquals: z.array(z.string()), Next: z.string() });
const Retrier = z.looseObject({ ErrorEquals: z.array(z.string()) });

export interface State {
  Type: string;
  Comment?: string | undefined;
  Resource?: string | undefined;
  Retry?: z.infer<typeof Retrier>[] | undefined;
  Catch?: z.infer<typeof Catcher>[] | undefined;
  TimeoutSeconds?: unknown;
  Choices?: { Condition: string; Next: string }[] | undefined;
  Default?: string | undefined;
  Next?: string | undefined;
  End?: boolean | undefined;
  ItemProcessor?: { StartAt: string; States: Record<string, State> } | undefined;
  [field: string]: unknown;
}

const State: z.ZodType<State> = z.looseObject({
  Type: z.string(),
  Comment: z.string().optional(),
  Resource: z.string().optional(),
  Retry: z.array(Retrier).optional(),
  Catch: z.array(Catcher).optional(),
  TimeoutSeconds: z.unknown().optional(),
  Choices: z.array(z.looseObject({ Condition: z.string(), Next: z.string() })).optional(),
  Default: z.string().optional(),
  Next: z.string().optional(),
  End: z.boolean().optional(),
  get ItemProcessor() {
    return z.looseObject({ StartAt: z.string(), States: z.record(z.string(), State) }).optional();
  },
});

const Machine = z.looseObject({
  Comment: z.string(),
  QueryLanguage: z.literal('JSONata'),
  StartAt: z.string(),
  States: z.record(z.string(), State),
});

export interface Definition {
  name: string;
  text: string;
  machine: z.infer<typeof Machine>;
  /** Every state, those inside a Map too. */
  states: [name: string, state: State][];
}

/** Of the placeholders, those that stand in expressions. */
const numbers: Readonly<Record<string, number>> = { NotifyAbove: GATE.score.notify };

/** The machines as they are checked in; of the placeholders, only numbers are filled in. */
export const definitions: Definition[] = readdirSync(directory)
  .filter((file) => file.endsWith('.asl.json'))
  .map((file) => {
    const raw = readFileSync(new URL(file, directory), 'utf8');
    const text = raw.replaceAll(/\$\{(\w+)\}/g, (placeholder, name) => String(numbers[name] ?? placeholder));
    const machine = Machine.parse(JSON.parse(text));
    return { name: file.replace('.asl.json', ''), text, machine, states: flatten(machine.States) };
  });

function flatten(states: Record<string, State>): [string, State][] {
  return Object.entries(states).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...(state.ItemProcessor ? flatten(state.ItemProcessor.States) : []),
  ]);
}

/** Every JSONata expression of a value, with where it stands. */
export function expressionsOf(value: unknown, path: string): { path: string; source: string }[] {
  if (typeof value === 'string') {
    const match = /^\{%(.*)%\}$/s.exec(value);
    return match?.[1] ? [{ path, source: match[1] }] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => expressionsOf(item, `${path}[${index}]`));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) => expressionsOf(item, `${path}.${key}`));
}
