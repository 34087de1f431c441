import * as z from 'zod';
import { CalibrationPromoted } from '../events/emitted.ts';
import { MapProof } from '../items/map.ts';
import { ClusterId } from '../primitives.ts';

const cluster = { clusterId: ClusterId };
/** Who asked, so that a retry recognises its own change: the execution, or a person. */
const by = { by: z.string().min(1) };

export const WatchMapInput = z.object(cluster);
export const WatchMapOutput = z.object({
  ...cluster,
  epoch: z.number().int(),
  /** `none`: nothing was promoted, or it has proven itself long ago. */
  standing: z.enum(['none', 'watching', 'held', 'worse']),
  reason: z.string(),
  /** Another map should be tried. */
  fitDue: z.boolean(),
});

export const FitMapInput = z.object(cluster);
export const FitMapOutput = z.object({
  ...cluster,
  /** The epoch whose map it would replace. */
  epoch: z.number().int(),
  /** The ledger up to here; it never changes, so the same map can be fitted again. */
  version: z.number().int(),
  /** Labels that the epoch had seen by then. */
  afterLabels: z.number().int(),
  better: z.boolean(),
  reason: z.string(),
  proof: MapProof.nullable(),
});
export type FitMapOutput = z.infer<typeof FitMapOutput>;

const fitted = z.object({
  ...cluster,
  ...FitMapOutput.pick({ epoch: true, version: true, afterLabels: true }).shape,
  ...by,
});
export const PromoteMapInput = fitted.clone();
export const RejectMapInput = fitted.extend({ reason: z.string(), proof: MapProof.nullable() });
export const RejectMapOutput = z.object({ ...cluster, epoch: z.number().int(), reason: z.string() });

export const RollBackMapInput = z.object({ ...cluster, epoch: z.number().int(), reason: z.string(), ...by });

/** The epoch that began; null when somebody else had changed it before, and nothing is to be told. */
const Changed = z.object({ ...cluster, change: CalibrationPromoted.nullable() });
export const PromoteMapOutput = Changed.clone();
export const RollBackMapOutput = Changed.clone();

export const NotifyMapInput = z.object({ ...cluster, change: CalibrationPromoted });
export const NotifyMapOutput = z.object({ sent: z.boolean() });
