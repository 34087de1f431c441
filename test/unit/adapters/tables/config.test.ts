import { describe, expect, it } from 'vitest';
import { configFrom } from '../../../../functions/adapters/tables/config.ts';
import { UnreadableItem } from '../../../../functions/application/unreadable.ts';

const itemOf = (config: Record<string, unknown>) => ({
  ...{ PK: 'CLUSTER#remembered', SK: 'CONFIG', v: 1, applied_at: '2026-01-01T00:00:00.000Z' },
  config: { clusterId: 'remembered', platform: 'slurm', ...config },
});
const read = (config: Record<string, unknown>) => configFrom(() => itemOf(config), 'remembered');

describe('settings of a cluster', () => {
  it('follow every change, also within one applied time, and back again', () => {
    for (const longWaitSeconds of [300, 600, 600, 300]) {
      expect(read({ longWaitSeconds })).toMatchObject({ longWaitSeconds });
    }
  });

  it('that cannot be read are refused, whatever they said before', () => {
    read({ longWaitSeconds: 300 });
    expect(() => read({ longWaitSeconds: 'soon' })).toThrow(UnreadableItem);
    expect(read({ longWaitSeconds: 300 })).toMatchObject({ longWaitSeconds: 300 });
  });

  it('that nobody made are the defaults, also where there were some before', () => {
    read({ longWaitSeconds: 600 });
    const config = configFrom(() => undefined, 'remembered');
    expect(config.platform).toBeUndefined();
    expect(config).toMatchObject({
      longWaitSeconds: 300,
      dryRun: true,
    });
  });
});
