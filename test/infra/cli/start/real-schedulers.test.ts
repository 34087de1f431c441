import { describe, expect, it } from 'vitest';
import { realSchedulers, standInRefusal } from '../../../../infra/cli/start/real-schedulers.ts';
import { ClusterConfig } from '../../../../schemas/config.ts';

const SIMULATOR = 'http://127.0.0.1:4580/schedulers';

const real = (over: object) =>
  realSchedulers([ClusterConfig.parse({ clusterId: 'gpu-a', platform: 'slurm', dryRun: false, ...over })], SIMULATOR);

describe('beside a real scheduler', () => {
  it.each([
    ['another host', 'https://slurm.example.com/schedulers'],
    ['another port of this machine', 'http://127.0.0.1:6820/schedulers'],
    ['another path of this console', 'http://127.0.0.1:4580/schedulers-of-mine'],
    ['a name that resolves to this machine', 'http://localhost.example:4580/schedulers'],
  ])('the Slack stand-in is refused: %s', (_, endpoint) => {
    expect(real({ scheduler: { kind: 'simulated', endpoint } })).toEqual(['gpu-a']);
  });

  it.each([
    ['there is no scheduler', { scheduler: { kind: 'none' } }],
    ['it is our simulator', { scheduler: { kind: 'simulated', endpoint: SIMULATOR } }],
    ['it is our simulator, in more words', { scheduler: { kind: 'simulated', endpoint: `${SIMULATOR}/` } }],
    [
      'nothing is touched, in dry run',
      { dryRun: true, scheduler: { kind: 'simulated', endpoint: 'https://a.example' } },
    ],
  ])('it may run where %s', (_, over) => {
    expect(real(over)).toEqual([]);
  });

  it('one sentence says which cluster it is, and what to do', () => {
    expect(standInRefusal([])).toBeNull();
    expect(standInRefusal(['gpu-a'])).toBe(
      'Cluster gpu-a has a real scheduler, and in the Slack stand-in one person approves as anybody: set SLACK_API_BASE_URL and SLACK_BOT_TOKEN for your Slack, switch dryRun on, or ask for the stand-in by name with --slack-stand-in.',
    );
    expect(standInRefusal(['a', 'b', 'c', 'd'])).toMatch(/^Clusters a, b, c, \.\.\. have a real scheduler/);
  });
});
