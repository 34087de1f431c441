import * as z from 'zod';
import { CalibrationPromoted } from '../events/emitted.ts';
import { RefitProof } from '../items/refit.ts';
import { ClusterId } from '../primitives.ts';

const cluster = { clusterId: ClusterId };
/** Who asked, so that a retry recognises its own change: the execution, or a person. */
const by = { by: z.string().min(1) };

export const WatchRefitInput = z.object(cluster);
export const WatchRefitOutput = z.object({
  ...cluster,
  epoch: z.number().int(),
  /** `none`: nothing was promoted, or it has proven itself long ago. */
  standing: z.enum(['none', 'watching', 'held', 'worse']),
  reason: z.string(),
  /** A refit should be tried. */
  fitDue: z.boolean(),
});

export const RefitModelInput = z.object(cluster);
export const RefitModelOutput = z.object({
  ...cluster,
  /** The epoch that it would end. */
  epoch: z.number().int(),
  /** The ledger up to here. */
  version: z.number().int(),
  /** Labels that the epoch had seen by then. */
  afterLabels: z.number().int(),
  better: z.boolean(),
  reason: z.string(),
  proof: RefitProof.nullable(),
});
export type RefitModelOutput = z.infer<typeof RefitModelOutput>;

export const PromoteRefitInput = z.object({ ...cluster, epoch: z.number().int(), ...by });
export const RejectRefitInput = RefitModelOutput.omit({ better: true }).extend(by);
export const RejectRefitOutput = z.object({ ...cluster, epoch: z.number().int(), reason: z.string() });

export const RollBackRefitInput = z.object({ ...cluster, epoch: z.number().int(), reason: z.string(), ...by });

/** The epoch that began; null when somebody else had changed it before, and nothing is to be told. */
const Changed = z.object({ ...cluster, change: CalibrationPromoted.nullable() });
export const PromoteRefitOutput = Changed.clone();
export const RollBackRefitOutput = Changed.clone();

export const NotifyRefitInput = z.object({ ...cluster, change: CalibrationPromoted });
export const NotifyRefitOutput = z.object({ sent: z.boolean() });
