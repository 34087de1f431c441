import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { troubleMessage } from '../../../functions/adapters/slack/trouble.ts';
import { loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { handler } from '../../../functions/drift-monitor/report-failures.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { configOf, moment, useEmbeddedClock } from '../application/outcomes/fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
beforeEach(() => {
  vi.stubEnv('SLACK_API_BASE_URL', 'https://slack.test/api');
  vi.stubEnv('SLACK_DEFAULT_CHANNEL', '#gpu-alerts');
});
afterAll(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

it('names each trouble once, also where there is no Slack', async () => {
  for (const id of ['a', 'b']) await loadOrCreateCalibration(dynamo.table, configOf(id), moment(0));
  const failure = (clusterId: string) => ({ clusterId, error: 'UnreadableState' });
  expect(await handler({ failures: [failure('a')] }, at(0))).toEqual({ notified: ['a'] });
  expect(await handler({ failures: [failure('a'), failure('b')] }, at(300))).toEqual({ notified: ['b'] });
});

it('has nothing to report about a cluster that is gone', async () => {
  expect(await handler({ failures: [{ clusterId: 'gone', error: 'UnreadableItem' }] }, at(0))).toEqual({
    notified: [],
  });
});

it('stays readable however many there are, and whatever they are called', () => {
  const failures = Array.from({ length: 400 }, (_, i) => ({ clusterId: `<!channel>-${i}`, error: 'UnreadableState' }));
  const { text, blocks } = troubleMessage(failures);
  expect(text).toContain('and 399 more');
  expect(JSON.stringify(blocks)).toContain('… and 380 more');
  expect(JSON.stringify(blocks)).not.toContain('<!channel>');
});
