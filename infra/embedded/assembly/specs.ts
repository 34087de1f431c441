import type { Statement } from '../access/statement.ts';
import type { Pattern } from '../bus/patterns.ts';

/** How often a delivery is tried again, and for how long. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly maxAgeSeconds: number;
}

export interface FunctionSpec {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** Absolute path of the module, and the name of its export. */
  readonly module: string;
  readonly exportName: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly reservedConcurrency: number | null;
  /** What happens to an asynchronous invocation whose handler throws. */
  readonly async: RetryPolicy & { readonly onFailureArn: string | null; readonly deadLetterArn: string | null };
}

export interface MachineSpec {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly definition: unknown;
}

/** What a target receives: the event, a constant, one part of the event, or a text made of parts. */
export type TargetInput =
  | { readonly kind: 'event' }
  | { readonly kind: 'constant'; readonly json: string }
  | { readonly kind: 'path'; readonly path: readonly string[] }
  | { readonly kind: 'template'; readonly paths: ReadonlyMap<string, readonly string[]>; readonly template: string };

export interface TargetSpec {
  readonly id: string;
  readonly arn: string;
  readonly input: TargetInput;
  readonly retry: RetryPolicy;
  readonly deadLetterArn: string | null;
}

export interface RuleSpec {
  readonly name: string;
  readonly arn: string;
  readonly busName: string;
  readonly enabled: boolean;
  readonly pattern: Pattern | null;
  /** The pattern as written, for whoever lists the rules. */
  readonly patternJson: string | null;
  readonly schedule: string | null;
  readonly targets: readonly TargetSpec[];
}

interface ScheduleSpec {
  readonly name: string;
  readonly arn: string;
  readonly enabled: boolean;
  readonly expression: string;
  readonly timezone: string;
  readonly target: Omit<TargetSpec, 'input'> & { readonly json: string | null };
}

export interface QueueSpec {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly visibilitySeconds: number;
  readonly retentionSeconds: number;
  readonly redrive: { readonly arn: string; readonly maxReceives: number } | null;
}

export interface TableSpec {
  readonly name: string;
  readonly arn: string;
  readonly keySchema: unknown;
  readonly attributeDefinitions: unknown;
  readonly globalSecondaryIndexes: readonly unknown[];
}

export interface RouteSpec {
  readonly method: string;
  readonly path: string;
  readonly apiId: string;
  readonly functionArn: string;
}

/** Who functions and machines act as, and everything they may do. */
export interface RoleSpec {
  readonly name: string;
  readonly arn: string;
  readonly statements: readonly Statement[];
}

/** Everything an assembly asks to run, with all names and references made concrete. */
export interface Assembly {
  readonly functions: readonly FunctionSpec[];
  readonly machines: readonly MachineSpec[];
  readonly roles: readonly RoleSpec[];
  readonly buses: readonly { readonly name: string; readonly arn: string }[];
  readonly rules: readonly RuleSpec[];
  readonly schedules: readonly ScheduleSpec[];
  readonly queues: readonly QueueSpec[];
  readonly tables: readonly TableSpec[];
  readonly routes: readonly RouteSpec[];
  readonly secrets: readonly { readonly name: string; readonly arn: string }[];
  /** Recognised and without effect here, e.g. `Stateless/Alarm (AWS::CloudWatch::Alarm)`. */
  readonly inert: readonly string[];
  /** What works differently from what its author may expect. */
  readonly warnings: readonly string[];
}
