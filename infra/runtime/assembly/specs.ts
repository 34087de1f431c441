import type { loadAssembly } from './load.ts';

/** Everything in an assembly, with all names and references resolved. */
export type Assembly = ReturnType<typeof loadAssembly>;
export type FunctionSpec = Assembly['functions'][number];
export type MachineSpec = Assembly['machines'][number];
export type RuleSpec = Assembly['rules'][number];
export type TargetSpec = RuleSpec['targets'][number];
/** How often a delivery is retried, and for how long. */
export type RetryPolicy = TargetSpec['retry'];
export type QueueSpec = Assembly['queues'][number];
export type TableSpec = Assembly['tables'][number];
export type RouteSpec = Assembly['routes'][number];
