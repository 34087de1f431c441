import type { Difference } from '../../demo/simulator/twins.ts';
import { inMinutes } from './happenings.ts';
import type { Spared } from './plan.ts';

/**
 * What the changes to queues were worth, in one sentence: against the same simulated jobs with nobody acting, the losses of the
 * others included. Null where nothing was changed.
 */
export function sparedInWords(spared: readonly Spared[]): string | null {
  const touched = sumOf(spared.map((each) => each.touched));
  const others = sumOf(spared.map((each) => each.others));
  if (touched.jobs === 0) return null;
  const mean = shift(touched.seconds / touched.jobs);
  const count = touched.jobs.toLocaleString('en');
  const own =
    touched.jobs === 1
      ? `the job whose queueing was changed started ${mean}`
      : `the ${count} jobs whose queueing was changed started ${mean} on average (one of them ${inMinutes(touched.most)})`;
  const rest = others.jobs === 0 ? 'no other job noticed' : `all others together ${shift(others.seconds)}`;
  return `Against the same simulation with nobody acting, ${own}; ${rest}.`;
}

/** "3 minutes earlier". */
function shift(seconds: number): string {
  return `${inMinutes(Math.abs(seconds))} ${seconds < 0 ? 'later' : 'earlier'}`;
}

function sumOf(differences: readonly Difference[]): Difference {
  return differences.reduce(
    (sum, { jobs, seconds, most }) => ({
      jobs: sum.jobs + jobs,
      seconds: sum.seconds + seconds,
      most: Math.max(sum.most, most),
    }),
    { jobs: 0, seconds: 0, most: 0 },
  );
}
