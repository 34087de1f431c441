import * as z from 'zod';

/** Clusters that have earned autonomy for statements; on the last one an intervention is proposed, and a human asked. */
export const CLUSTERS = ['left', 'right', 'asked'] as const;
export const ASKED = 'asked';
/** T of these clusters: short, so that long waits happen while the bench runs. */
export const LONG_WAIT_SECONDS = 60;
export const SIGNING_SECRET = 'crash-signing-secret';
export const APPROVERS = ['U02ADAAPPROVER', 'U02BENAPPROVER'];
/** Whose jobs they all are, in Slack. */
export const OWNER = 'U02OWNER00';

export const VictimSettings = z.object({
  dataDir: z.string(),
  assemblyDir: z.string(),
  worldUrl: z.string(),
  /** Nothing is configured yet. */
  first: z.boolean(),
});
export type VictimSettings = z.infer<typeof VictimSettings>;

export const FromVictim = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), url: z.string(), accessKeyId: z.string(), secretAccessKey: z.string() }),
  /** Executions that run; decided jobs whose label is not folded yet, and effects that are to be undone. */
  z.object({ kind: z.literal('left'), open: z.number(), toDo: z.number() }),
  z.object({ kind: z.literal('log'), message: z.string() }),
]);
export type FromVictim = z.infer<typeof FromVictim>;
