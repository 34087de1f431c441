import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { claimDriftNews } from '../../../functions/adapters/tables/drift-notices.ts';
import { handler } from '../../../functions/drift-monitor/notify-drift.ts';
import type { FoldClusterOutput } from '../../../schemas/machines/drift-monitor.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { calibrationOf, configOf, moment, useEmbeddedClock } from '../application/outcomes/fixture.ts';

const secrets = vi.hoisted(() => ({ read: vi.fn() }));
vi.mock('../../../functions/adapters/aws/secrets.ts', async (original) => ({
  ...(await original<object>()),
  readSecret: secrets.read,
}));

const dynamo = useTable();
const at = useEmbeddedClock();
const posted: unknown[] = [];
const slack = setupServer(
  http.post('https://slack.test/api/chat.postMessage', async ({ request }) => {
    const body = await request.json();
    posted.push(body);
    return HttpResponse.json({ ok: true, channel: 'C1', ts: '1.2' });
  }),
);
beforeAll(() => {
  slack.listen({ onUnhandledRequest: 'bypass' });
  vi.stubEnv('SLACK_API_BASE_URL', 'https://slack.test/api');
  vi.stubEnv('SLACK_BOT_TOKEN_NAME', 'bot-token');
  vi.stubEnv('SLACK_DEFAULT_CHANNEL', '#gpu-alerts');
});
beforeEach(() => {
  posted.length = 0;
  secrets.read.mockResolvedValue('xoxb-test');
});
afterAll(() => {
  slack.close();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

const report = (clusterId: string, more: Partial<FoldClusterOutput> = {}): FoldClusterOutput => ({
  clusterId,
  run: 'run-1',
  folded: 0,
  released: 0,
  unreadable: 0,
  unreadableItems: [],
  drift: 'degrade',
  previousDrift: 'none',
  alarm: 'none',
  previousAlarm: 'none',
  recalibrate: false,
  changed: true,
  ece: 0.0712,
  nullMean: 0.0231,
  n: 640,
  announcements: [],
  ...more,
});

const QUIET = { band: 'none', alarm: 'none' } as const;
const claimed = async (clusterId: string) => {
  await loadOrCreateCalibration(dynamo.table, configOf(clusterId), moment(0));
  await claimDriftNews(dynamo.table, clusterId, { announced: QUIET, heard: QUIET }, 'run-1', moment(0));
};

describe('NotifyDrift', () => {
  it('shows the band with the numbers behind it, never a bare ratio', async () => {
    expect(await handler(report('told'), at(0))).toEqual({ sent: true });
    const text = JSON.stringify(posted);
    expect(text).toContain('#gpu-alerts');
    expect(text).toContain('Predictions are drifting');
    expect(text).toContain('none → degrade: one scope less');
    expect(text).toContain('ECE 0.071 over 640 labels (a perfect model would show about 0.023)');
  });

  it.each([
    ['raw', "VGAC's model has drifted; what we serve still fits the outcomes"],
    ['served', 'what we serve does not fit the outcomes; evidence and ECE decide what it costs'],
    [
      'both',
      "VGAC's model has drifted, and what we serve does not fit the outcomes; evidence and ECE decide what it costs",
    ],
  ] as const)('tells an alarm of %s detectors for what it means', async (alarm, meaning) => {
    await handler(report('alarmed', { drift: 'none', alarm }), at(0));
    const text = JSON.stringify(posted);
    expect(text).toContain('Predictions are drifting');
    expect(text).toContain('none: no drift: autonomy is as the score allows');
    expect(text).toContain(meaning);
  });

  it('says that predictions have recovered when the last alarm has come to rest', async () => {
    await handler(report('rested', { drift: 'none', previousAlarm: 'raw' }), at(0));
    expect(JSON.stringify(posted)).toContain('Predictions have recovered');
    expect(JSON.stringify(posted)).toContain('neither detector has an alarm');
  });

  it('says that predictions have recovered when the band falls', async () => {
    await handler(report('fallen', { drift: 'none', previousDrift: 'degrade' }), at(0));
    expect(JSON.stringify(posted)).toContain('Predictions have recovered');
  });

  it('records what was published and sent, for the run that claimed it', async () => {
    await claimed('noted');
    await handler(report('noted'), at(0));
    const { drift_band, heard_band, drift_run } = await calibrationOf(dynamo.table, 'noted');
    expect([drift_band, heard_band, drift_run]).toEqual(['degrade', 'degrade', undefined]);
  });

  it('fails by name when Slack refuses, and leaves what people have not heard to a later run', async () => {
    slack.use(
      http.post('https://slack.test/api/chat.postMessage', () =>
        HttpResponse.json({ ok: false, error: 'no_such_channel' }),
      ),
    );
    await claimed('refused');
    await expect(handler(report('refused'), at(0))).rejects.toMatchObject({ name: 'SlackRefused' });
    const { drift_band, heard_band, drift_run } = await calibrationOf(dynamo.table, 'refused');
    expect([drift_band, heard_band, drift_run]).toEqual(['degrade', undefined, 'run-1']);
    slack.resetHandlers();
  });

  it('does not trouble people with what came and went while Slack was down', async () => {
    await claimed('gone');
    expect(await handler(report('gone', { drift: 'none' }), at(0))).toEqual({ sent: false });
    expect(posted).toEqual([]);
    expect(await calibrationOf(dynamo.table, 'gone')).not.toHaveProperty('drift_run');
  });
});
