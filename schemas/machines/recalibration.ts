import * as z from 'zod';
import { CalibrationPromoted } from '../events/emitted.ts';
import { RefitProof } from '../items/refit.ts';
import { ClusterId } from '../primitives.ts';

const cluster = { clusterId: ClusterId };
/** Who asked, the execution or a person, so that a retry recognizes its own change. */
const by = { by: z.string().min(1) };

export const WatchRefitInput = z.object(cluster);
export const WatchRefitOutput = z.object({
  ...cluster,
  epoch: z.number().int(),
  /** `none`: nothing was promoted, or it proved itself long ago. */
  standing: z.enum(['none', 'watching', 'held', 'worse']),
  reason: z.string(),
  /** A refit should be tried. */
  fitDue: z.boolean(),
});

export const RefitModelInput = z.object(cluster);
export const RefitModelOutput = z.object({
  ...cluster,
  /** The epoch that a promotion would end. */
  epoch: z.number().int(),
  /** Ledger version it was fitted on. */
  version: z.number().int(),
  /** Number of labels that the epoch had seen by then. */
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

/** The epoch that began; null if someone else had already changed it, and there is nothing to report. */
const Changed = z.object({ ...cluster, change: CalibrationPromoted.nullable() });
export const PromoteRefitOutput = Changed.clone();
export const RollBackRefitOutput = Changed.clone();

export const NotifyRefitInput = z.object({ ...cluster, change: CalibrationPromoted });
export const NotifyRefitOutput = z.object({ sent: z.boolean() });
