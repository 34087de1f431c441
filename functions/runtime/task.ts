import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { clockFrom, invocationTime } from './clock.ts';
import { MalformedEvent, MalformedOutput, MisconfiguredFunction } from './errors.ts';

// An error of the SDK has ten frames of its own, Node's limit, above the line of ours that made the call.
Error.stackTraceLimit = 30;

type EnvShape = Record<string, z.ZodType>;
type Env<E extends EnvShape> = { [K in keyof E]: z.infer<E[K]> };

export interface Invocation<E extends EnvShape> {
  env: Env<E>;
  /** When it began. */
  now: Date;
  /** The time now, for deadlines within the invocation. */
  clock: () => Date;
  log: Logger;
  metrics: Metrics;
}

interface TaskOptions<I extends z.ZodType, O extends z.ZodType, E extends EnvShape> {
  input: I;
  output: O;
  env: E;
}

/**
 * Turns a function from parsed input to parsed output into a Lambda handler.
 * Environment, input and output are each checked against a schema: nothing unparsed comes in, nothing malformed goes out.
 *
 * @throws MalformedEvent when the input does not match its schema (counted as metric `MalformedEvent`)
 * @throws MisconfiguredFunction when a setting is missing or wrong
 * @throws MalformedOutput when the result does not match its schema
 */
export function task<I extends z.ZodType, O extends z.ZodType, E extends EnvShape>(
  { input, output, env }: TaskOptions<I, O, E>,
  work: (input: z.infer<I>, invocation: Invocation<E>) => Promise<z.infer<O>>,
) {
  const log = new Logger();
  const metrics = new Metrics();
  return middy<unknown, z.infer<O>>()
    .use({
      // Braces, because a value returned from a hook would become the response.
      before: ({ context }) => {
        log.addContext(context);
      },
      after: () => {
        publish(metrics);
      },
      onError: ({ error }) => {
        log.error('refused or failed', { error: { name: error?.name, message: error?.message } });
        publish(metrics);
      },
    })
    .handler(async (event: unknown, context: Context): Promise<z.infer<O>> => {
      const parsed = input.safeParse(event);
      if (!parsed.success) {
        metrics.addMetric('MalformedEvent', MetricUnit.Count, 1);
        throw new MalformedEvent(z.prettifyError(parsed.error).slice(0, 1_000));
      }
      const now = invocationTime(context);
      const result = await work(parsed.data, {
        env: readEnvironment(env, process.env),
        now,
        clock: clockFrom(now),
        log,
        metrics,
      });
      const checked = output.safeParse(result);
      if (!checked.success) throw new MalformedOutput(z.prettifyError(checked.error).slice(0, 1_000));
      return checked.data;
    });
}

/** Powertools warns about every invocation without metrics, and most of ours have none. */
export function publish(metrics: Metrics): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}

/** Schemas are compiled on first use, so there is one per function, not one per invocation. */
const schemas = new WeakMap<EnvShape, z.ZodObject>();

/** Parses the settings a function declares. Errors name the setting, never its value. */
export function readEnvironment<E extends EnvShape>(shape: E, source: Record<string, string | undefined>): Env<E> {
  const schema = schemas.get(shape) ?? z.object(shape);
  schemas.set(shape, schema);
  const parsed = schema.safeParse(source);
  if (!parsed.success) {
    const names = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new MisconfiguredFunction(`set the environment variables ${names}`);
  }
  return parsed.data as Env<E>;
}
