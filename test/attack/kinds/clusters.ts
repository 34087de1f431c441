import { accountOf } from '../accounting.ts';
import { CLUSTER } from '../home.ts';
import type { Kind } from '../kind.ts';

const PER_REQUEST = 10;
/** More than any default limit a day; a system without one makes them all. */
const MOST = 50;

/** A collector that invents names makes a few clusters a day, and no job of a known cluster is lost over it. */
export const clusters: Kind = {
  name: 'clusters',
  about: `invented cluster names: at most ${MOST} become clusters, and the known one goes on`,
  run: async ({ home, short }) => {
    const invented = short ? 100 : 1_000;
    const broken: string[] = [];
    for (let i = 0; i < invented; i += PER_REQUEST) {
      const jobs = Array.from({ length: PER_REQUEST }, (_, at) => home.submission({ clusterId: `invented-${i + at}` }));
      await home.put(
        'JobSubmitted',
        jobs.map(({ detail }) => JSON.stringify(detail)),
      );
    }
    const known = home.submission();
    const [answer] = await home.put('JobSubmitted', [JSON.stringify(known.detail)]);
    if (answer?.EventId === undefined) broken.push('a job of the known cluster was refused');
    const { calibrations, lost } = await accountOf(home, [known.jobId]);
    const made = [...calibrations.keys()].filter((id) => id !== CLUSTER).length;
    if (made > MOST) broken.push(`${made} of ${invented} invented names became clusters`);
    if (lost.length > 0) broken.push('a job of the known cluster was acknowledged and is lost');
    return { tries: invented, broken };
  },
};
