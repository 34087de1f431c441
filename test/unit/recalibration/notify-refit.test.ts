import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { handler } from '../../../functions/recalibration/notify-refit.ts';
import type { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { useEmbeddedClock } from '../application/outcomes/fixture.ts';

vi.mock('../../../functions/adapters/aws/secrets.ts', async (original) => ({
  ...(await original<object>()),
  readSecret: async () => 'xoxb-test',
}));

useTable();
const at = useEmbeddedClock();
const posted: unknown[] = [];
const slack = setupServer(
  http.post('https://slack.test/api/chat.postMessage', async ({ request }) => {
    posted.push(await request.json());
    return HttpResponse.json({ ok: true, channel: 'C1', ts: '1.2' });
  }),
);
beforeAll(() => {
  slack.listen({ onUnhandledRequest: 'bypass' });
  vi.stubEnv('SLACK_API_BASE_URL', 'https://slack.test/api');
  vi.stubEnv('SLACK_BOT_TOKEN_NAME', 'bot-token');
  vi.stubEnv('SLACK_DEFAULT_CHANNEL', '#gpu-alerts');
});
afterAll(() => {
  slack.close();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

const change: CalibrationPromoted = {
  schemaVersion: 1,
  clusterId: 'gpu-a',
  epoch: 3,
  cause: 'promoted',
  lossBefore: 0.42,
  lossAfter: 0.3871,
  eceBefore: 0.0712,
  eceAfter: 0.0231,
  eceBeforeBounds: [0.0512, 0.0912],
  eceAfterBounds: [0.0031, 0.0431],
  n: 600,
  reason: 'over 600 later labels <log loss> falls',
  by: 'arn:execution',
  at: '2026-11-20T12:00:00Z',
};

describe('NotifyRefit', () => {
  it('announces that the forecast is refitted, with the proof and what follows from it', async () => {
    expect(await handler({ clusterId: 'gpu-a', change }, at(0))).toEqual({ sent: true });
    const text = JSON.stringify(posted);
    expect(text).toContain('The forecast is refitted');
    expect(text).toContain(
      'served ECE 0.0712 [0.0512, 0.0912] → 0.0231 [0.0031, 0.0431], log loss 0.4200 → 0.3871 over 600 labels',
    );
    expect(text).toContain('&lt;log loss&gt; falls');
    expect(text).toContain('at most notify for the next 100 labels');
  });

  it('says so when it is rolled back', async () => {
    await handler({ clusterId: 'gpu-a', change: { ...change, cause: 'rolledBack' } }, at(0));
    expect(JSON.stringify(posted.at(-1))).toContain('A refit of the forecast is rolled back');
  });
});
