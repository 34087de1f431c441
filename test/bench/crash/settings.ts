import * as z from 'zod';

/**
 * What each cluster shows: `says` something alone; `acts` on the scheduler alone, and leaves some of that out; `both` says something
 * alone and asks a human about more; `asks`, since it has earned nothing.
 */
export const CLUSTERS = ['says', 'acts', 'both', 'asks'] as const;
export type Cluster = (typeof CLUSTERS)[number];
/** T of these clusters: short, so that long waits happen while the bench runs. A busy machine needs more to decide in time. */
export const LONG_WAIT_SECONDS = Number(process.env.CRASH_LONG_WAIT_SECONDS ?? 60);
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
