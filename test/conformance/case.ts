import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { Json } from '../../infra/runtime/engine/json.ts';

const RecordedEvent = z.looseObject({
  type: z.string(),
  /** A list where AWS leaves the order open: events of branches side by side. */
  id: z.union([z.number(), z.array(z.number())]),
  previousEventId: z.number(),
  name: z.string().optional(),
  input: Json.optional(),
  output: Json.optional(),
  assignedVariables: Json.optional(),
  error: z.string().optional(),
  cause: z.string().nullish(),
  cause_json: Json.optional(),
  timeoutInSeconds: z.number().optional(),
  heartbeatInSeconds: z.number().optional(),
  details: z.record(z.string(), Json).optional(),
});
export type RecordedEvent = z.infer<typeof RecordedEvent>;

/** A definition with its input, and what AWS answered. */
const Case = z.object({
  id: z.string(),
  definition: z.record(z.string(), z.unknown()),
  input: Json.default({}),
  features: z.array(z.string()).default([]),
  /**
   * Behaviour by ARN: `echo`, `raise:<type>:<message>`, `return:<json>`, `does-not-exist`, `sleep:<seconds>:` and one of
   * these. Of any other the recording has to say what it answered.
   */
  lambdas: z.record(z.string(), z.string().catch('unknown')).default({}),
  expected: z.object({
    status: z.string(),
    output: Json.default(null),
    error: z.string().nullable().default(null),
    cause: z.string().nullable().default(null),
    cause_json: Json.optional(),
    /** Without events only the outcome is compared. */
    events: z.array(RecordedEvent).default([]),
  }),
});
export type Case = z.infer<typeof Case>;

/** A line that cannot be read as a case, and why. */
export interface NoCase {
  readonly id: string;
  readonly problem: string;
}

/** Reads one case a line; a line that is none is given as such, in its place. */
export function readLines(file: string): (Case | NoCase)[] {
  const lines = readFileSync(file, 'utf8').split('\n').entries();
  return [...lines].filter(([, line]) => line.trim() !== '').map(([index, line]) => readLine(line, index + 1));
}

function readLine(line: string, number: number): Case | NoCase {
  let id = `line ${number}`;
  try {
    const given: unknown = JSON.parse(line);
    id = z.looseObject({ id: z.string() }).safeParse(given).data?.id ?? id;
    return Case.parse(given);
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    return { id, problem: `line ${number} is no case: ${problem.replaceAll(/\s+/g, ' ')}` };
  }
}

/** The cases of a file. @throws Error where a line is none */
export function readCases(file: string): Case[] {
  return readLines(file).map((line) => {
    if ('problem' in line) throw new Error(line.problem);
    return line;
  });
}
