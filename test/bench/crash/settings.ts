import * as z from 'zod';

export const VictimSettings = z.object({
  dataDir: z.string(),
  assemblyDir: z.string(),
  worldUrl: z.string(),
  clusterIds: z.array(z.string()),
  /** Nothing is configured yet. */
  first: z.boolean(),
});
export type VictimSettings = z.infer<typeof VictimSettings>;

export const FromVictim = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), url: z.string(), accessKeyId: z.string(), secretAccessKey: z.string() }),
  /** Executions that run. */
  z.object({ kind: z.literal('open'), open: z.number() }),
  z.object({ kind: z.literal('log'), message: z.string() }),
]);
export type FromVictim = z.infer<typeof FromVictim>;
