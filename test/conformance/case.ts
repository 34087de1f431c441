import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { Json } from '../../infra/embedded/engine/json.ts';

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
  cause: z.string().optional(),
  timeoutInSeconds: z.number().optional(),
  heartbeatInSeconds: z.number().optional(),
  details: z.record(z.string(), Json).optional(),
});
export type RecordedEvent = z.infer<typeof RecordedEvent>;

/** A definition with its input, and what AWS answered. */
const Case = z.object({
  id: z.string(),
  definition: z.unknown(),
  input: Json,
  features: z.array(z.string()).default([]),
  /** Behaviour by ARN: `echo`, `raise:<type>:<message>`, `sleep:<seconds>:echo`, `return:<json>`, `does-not-exist`. */
  lambdas: z.record(z.string(), z.string()).default({}),
  expected: z.object({
    status: z.string(),
    output: Json.default(null),
    error: z.string().nullable().default(null),
    cause: z.string().nullable().default(null),
    /** Without events only the outcome is compared. */
    events: z.array(RecordedEvent).default([]),
  }),
});
export type Case = z.infer<typeof Case>;

/** Reads one case a line. @throws ZodError, SyntaxError where a line is no case */
export function readCases(file: string): Case[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => Case.parse(JSON.parse(line)));
}
