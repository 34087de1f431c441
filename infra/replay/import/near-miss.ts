/** The Slurm export we need. `NodeList` distinguishes a job cancelled in the queue from one that ran for no time. */
export const SACCT =
  'sacct -a -X -S 2026-01-01 --parsable2 --format=JobID,Partition,State,Submit,Start,End,ReqTRES,NodeList > jobs.txt';
const KUBECTL = 'kubectl get workloads -A -o json > workloads.json';

/** Output of known tools in forms that lack information: what it is, and the command to run instead. */
const NEAR_MISSES: readonly { readonly looks: (lines: readonly string[]) => boolean; readonly says: string }[] = [
  {
    looks: ([, second = '']) => /^-+( +-+)+ *$/.test(second),
    says: `it is a table with fixed-width columns, which cut off long values. Export it again with: ${SACCT}`,
  },
  {
    looks: ([first = '']) => /^\s*JOBID\s+PARTITION\b/.test(first),
    says: `it is the output of squeue, which shows the queue at one moment and no waits. Export the history with: ${SACCT}`,
  },
  {
    looks: ([first = '']) =>
      /\bJobID(Raw)?\b/.test(first) && /\b(State|ExitCode)\b/.test(first) && !/\bSubmit\b/.test(first),
    says: `it is the output of sacct without Submit and Start, which waits are computed from. Export it again with: ${SACCT}`,
  },
  {
    looks: ([first = '']) => /^(NAMESPACE\s+)?NAME\s+QUEUE\s+RESERVED IN\b/.test(first),
    says: `it is a kubectl table, which shows ages and no times. Export it again with: ${KUBECTL}`,
  },
  {
    looks: (lines) => lines.some((line) => /^(- )?apiVersion:\s/.test(line)),
    says: `it is YAML. Export it as JSON, with: ${KUBECTL}`,
  },
];

/** What a file without the needed columns looks like, with the command to run; null if it looks like nothing known. */
export function nearMiss(lines: readonly string[]): string | null {
  const said = lines.map((line) => line.replace(/^\ufeff|\r$/g, '')).filter((line) => line.trim() !== '');
  return NEAR_MISSES.find(({ looks }) => looks(said))?.says ?? null;
}
