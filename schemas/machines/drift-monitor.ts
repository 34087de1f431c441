import * as z from 'zod';
import { DriftDetected, RecalibrationRequested } from '../events/emitted.ts';
import { ClusterId } from '../primitives.ts';
import { DriftAlarm, DriftBand } from '../verdict.ts';

/** The last cluster of the page before; absent for the first page. */
export const ListClustersInput = z.object({ after: ClusterId.optional() });
/** A page of clusters, and the last of them if there are more. */
export const ListClustersOutput = z.object({
  clusters: z.array(z.object({ clusterId: ClusterId })),
  next: ClusterId.nullable(),
});

/** `run` is the execution's name: a retry may send the same news again, an overlapping run does not. */
export const FoldClusterInput = z.object({ clusterId: ClusterId, run: z.string().min(1) });
export const FoldClusterOutput = z.object({
  clusterId: ClusterId,
  run: z.string(),
  folded: z.number().int(),
  /** Released reservations that no label would have settled. */
  released: z.number().int(),
  /** Items that do not parse, and the sort keys of the first of them. */
  unreadable: z.number().int(),
  unreadableItems: z.array(z.string()),
  drift: DriftBand,
  previousDrift: DriftBand,
  alarm: DriftAlarm,
  previousAlarm: DriftAlarm,
  /**
   * True in the one run that notifies people. `previous...` is the last they were notified of; the bus may be ahead
   * of Slack.
   */
  changed: z.boolean(),
  ece: z.number().nullable(),
  nullMean: z.number().nullable(),
  n: z.number().int(),
  /** Whether the recalibration machine has something to do: watch the refit in force, or fit another. */
  recalibrate: z.boolean(),
  /**
   * What the machine puts on the bus, once, when band or alarms have changed; VGAC is asked to recalibrate if that
   * may help.
   */
  announcements: z.array(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('DriftDetected'), detail: DriftDetected }),
      z.object({ type: z.literal('RecalibrationRequested'), detail: RecalibrationRequested }),
    ]),
  ),
});
export type FoldClusterOutput = z.infer<typeof FoldClusterOutput>;

export const NotifyDriftInput = FoldClusterOutput.clone();
export const NotifyDriftOutput = z.object({ sent: z.boolean() });

/** A cluster that a run could not visit, or only in part; `error` is the name of the error thrown. */
export const VisitFailure = z.object({ clusterId: ClusterId, error: z.string() });
export type VisitFailure = z.infer<typeof VisitFailure>;
export const ReportFailuresInput = z.object({ failures: z.array(VisitFailure).min(1) });
/** The clusters that this run reported to people. */
export const ReportFailuresOutput = z.object({ notified: z.array(ClusterId) });
