import { describe, expect, it } from 'vitest';
import { earlierStart, nodesBack, nodesLost } from '../../../../infra/cli/start/happenings.ts';
import { burstySlurm } from '../../../../infra/demo/simulator/profiles.ts';
import { arrival, smallCluster } from '../../demo/simulator/small-cluster.ts';

describe('what happens in a simulated cluster', () => {
  it('is told with what explains it', () => {
    const { cluster } = smallCluster(burstySlurm);
    expect(nodesLost(cluster).text).toBe(
      'sim-bursty-slurm loses 2 nodes: storage is being rebuilt, and for hours at a time every start takes minutes; the predictor has ' +
        'never seen that',
    );
    expect(nodesBack(cluster).text).toBe('sim-bursty-slurm has its nodes back, and starts are as before');
  });
});

describe('a job that starts earlier than it would have', () => {
  const moved = () => {
    const { cluster, runFor } = smallCluster();
    cluster.submit(arrival('front'));
    runFor(2);
    cluster.submit(arrival('moved'));
    cluster.actions.apply({ decisionId: 'd', jobId: 'moved', action: 'requeue', queue: 'short' });
    return cluster;
  };

  it('is told of with what was done to it, and by how much', () => {
    expect(earlierStart({ earlier: () => 540 }, moved(), 'moved')).toMatchObject({
      kind: 'earlierStart',
      jobId: 'moved',
      text: 'moved in small, moved to short, starts 9 minutes earlier than it would have',
    });
  });

  it('is not worth a word where nobody would notice, where it starts later, and where nothing was done to it', () => {
    expect(earlierStart({ earlier: () => 59 }, moved(), 'moved')).toBeNull();
    expect(earlierStart({ earlier: () => -600 }, moved(), 'moved')).toBeNull();
    expect(earlierStart({ earlier: () => null }, moved(), 'moved')).toBeNull();
    expect(earlierStart({ earlier: () => 540 }, moved(), 'front')).toBeNull();
  });
});
