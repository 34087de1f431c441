import type * as z from 'zod';
import type { Policy } from '../access/policy.ts';
import type * as kinds from './resources.ts';

interface Named {
  readonly name: string;
  readonly arn: string;
}
type Made<K extends { schema: z.ZodType }> = Named & Readonly<z.infer<K['schema']>>;

export type FunctionSpec = Omit<Made<typeof kinds.LambdaFunction>, 'asset' | 'handler'> & {
  /** Absolute path of the module, and the name of its export. */
  readonly module: string;
  readonly exportName: string;
};
export type MachineSpec = Named & { readonly roleArn: string; readonly definition: unknown };
export type RuleSpec = Made<typeof kinds.Rule>;
export type TargetSpec = RuleSpec['targets'][number];
/** How often a delivery is tried again, and for how long. */
export type RetryPolicy = Readonly<TargetSpec['retry']>;
export type QueueSpec = Made<typeof kinds.Queue>;
export type TableSpec = Made<typeof kinds.Table>;

export interface RouteSpec {
  readonly method: string;
  readonly path: string;
  readonly apiId: string;
  readonly functionArn: string;
}

/** Everything an assembly asks to run, with all names and references made concrete. */
export interface Assembly {
  readonly functions: readonly FunctionSpec[];
  readonly machines: readonly MachineSpec[];
  /** Who functions and machines act as, and everything they may do. */
  readonly roles: readonly (Named & { readonly policy: Policy })[];
  readonly buses: readonly Named[];
  readonly rules: readonly RuleSpec[];
  readonly queues: readonly QueueSpec[];
  readonly tables: readonly TableSpec[];
  readonly routes: readonly RouteSpec[];
  readonly secrets: readonly Named[];
  /** Recognised and without effect here, e.g. `Stateless/Alarm (AWS::CloudWatch::Alarm)`. */
  readonly inert: readonly string[];
  /** What works differently from what its author may expect. */
  readonly warnings: readonly string[];
}
