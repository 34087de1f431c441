import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { requestCard } from '../../../../functions/adapters/slack/cards.ts';
import { isSlacksUrl, postToWebhook, slackClient } from '../../../../functions/adapters/slack/client.ts';
import { SlackRefused, SlackUnavailable } from '../../../../functions/adapters/slack/errors.ts';
import { anApproval } from '../../application/approvals/builders.ts';

const BASE = 'https://slack.test/api';
const MESSAGE = { text: 'hello', blocks: [] };
const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const waits: number[] = [];
const slack = (change = {}) => {
  waits.length = 0;
  const wait = async (ms: number) => void waits.push(ms);
  return slackClient({ baseUrl: BASE, botToken: async () => 'xoxb-1', timeoutMs: 500, wait, ...change });
};
const answers = (...responses: (() => Response)[]) => {
  let calls = 0;
  const next = () => (responses[Math.min(calls++, responses.length - 1)] ?? (() => HttpResponse.error()))();
  server.use(http.post(`${BASE}/chat.postMessage`, next), http.post(`${BASE}/chat.update`, next));
  return () => calls;
};
const fine = () => HttpResponse.json({ ok: true, channel: 'C1', ts: '1700000000.000100', extra: 1 });
const refusal = (error: string) => () => HttpResponse.json({ ok: false, error });
const limited = (after?: string) => () =>
  new HttpResponse(null, { status: 429, ...(after ? { headers: { 'retry-after': after } } : {}) });

describe('slackClient', () => {
  it('posts with the bot token and returns where the message is', async () => {
    let seen: unknown;
    server.use(
      http.post(`${BASE}/chat.postMessage`, async ({ request }) => {
        seen = { auth: request.headers.get('authorization'), body: await request.json() };
        return fine();
      }),
    );
    expect(await slack().post('#gpu-alerts', MESSAGE, '1.2')).toEqual({ channel: 'C1', ts: '1700000000.000100' });
    expect(seen).toEqual({
      auth: 'Bearer xoxb-1',
      body: {
        channel: '#gpu-alerts',
        text: 'hello',
        blocks: [],
        thread_ts: '1.2',
        unfurl_links: false,
        unfurl_media: false,
      },
    });
  });

  it.each([
    ['a refusal behind HTTP 200', refusal('channel_not_found'), SlackRefused],
    ['a wrong token', refusal('invalid_auth'), SlackRefused],
    ['an error of its own behind HTTP 200', refusal('internal_error'), SlackUnavailable],
    ['a server error', () => new HttpResponse('oops', { status: 503 }), SlackUnavailable],
    ['a page instead of an answer', () => HttpResponse.html('<p>hi</p>'), SlackUnavailable],
    ['a wrong address', () => new HttpResponse('no', { status: 404 }), SlackRefused],
    ['a network fault', () => HttpResponse.error(), SlackUnavailable],
    ['an answer without a message', () => HttpResponse.json({ ok: true }), SlackUnavailable],
  ])('names %s by its kind', async (_what, response, kind) => {
    answers(response);
    await expect(slack().post('C1', MESSAGE)).rejects.toBeInstanceOf(kind);
  });

  it('keeps the code that Slack gave', async () => {
    answers(refusal('message_not_found'));
    await expect(slack().update({ channel: 'C1', ts: '1.1' }, MESSAGE)).rejects.toMatchObject({
      name: 'SlackRefused',
      code: 'message_not_found',
      messageGone: true,
    });
  });

  it('waits as long as Retry-After says, within its budget', async () => {
    const calls = answers(limited('2'), limited(), fine);
    await slack().post('C1', MESSAGE);
    expect([calls(), waits]).toEqual([3, [2_000, 1_000]]);
  });

  it('gives up at once where Retry-After exceeds the budget', async () => {
    const calls = answers(limited('30'), fine);
    await expect(slack().post('C1', MESSAGE)).rejects.toMatchObject({ name: 'SlackUnavailable' });
    expect([calls(), waits]).toEqual([1, []]);
  });

  it('ends a rate limit that never ends', async () => {
    answers(limited('0'));
    await expect(slack({ waitBudgetMs: 1_000 }).post('C1', MESSAGE)).rejects.toBeInstanceOf(SlackUnavailable);
  });

  it('finds the API below /api or at the root of a bare host', async () => {
    server.use(
      http.post('https://bare.test/api/chat.postMessage', () => new HttpResponse(null, { status: 404 })),
      http.post('https://bare.test/chat.postMessage', fine),
      http.post('https://other.test/api/chat.postMessage', fine),
    );
    for (const baseUrl of ['https://bare.test', 'https://bare.test/', 'https://other.test']) {
      expect(await slack({ baseUrl }).post('C1', MESSAGE)).toMatchObject({ channel: 'C1' });
    }
  });

  it('never has the token in an error', async () => {
    answers(() => HttpResponse.error());
    const error: unknown = await slack()
      .post('C1', MESSAGE)
      .catch((failure: unknown) => failure);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('xoxb');
  });
});

describe('private answers', () => {
  it.each([
    ['https://hooks.slack.com/actions/T1/2/3', true],
    ['https://slack.test/response/1', true],
    ['http://slack.test/response/1', false],
    ['http://hooks.slack.com/actions', false],
    ['https://hooks.slack.com.evil.example/', false],
    ['https://hooks.slack.com@evil.example/', false],
    ['https://user@hooks.slack.com/', false],
    ['http://169.254.169.254/latest/meta-data', false],
    ['not a url', false],
  ])('to %s: allowed is %s', (url, allowed) => expect(isSlacksUrl(url, BASE)).toBe(allowed));

  it('go nowhere else', async () => {
    await slack().replyPrivately('https://evil.example/', { text: 'hi' });
  });

  it('are seen by the person who clicked only', async () => {
    let body: unknown;
    server.use(
      http.post('https://hooks.slack.com/actions/1', async ({ request }) => {
        body = await request.json();
        return HttpResponse.text('ok');
      }),
    );
    await slack().replyPrivately('https://hooks.slack.com/actions/1', { text: 'hi' });
    expect(body).toEqual({ response_type: 'ephemeral', replace_original: false, text: 'hi' });
  });
});

describe('what a click makes possible', () => {
  it('opens a modal, tells one person, and names what Slack refuses', async () => {
    const bodies: unknown[] = [];
    const take = async ({ request }: { request: Request }) => {
      bodies.push(await request.json());
      return HttpResponse.json({ ok: true, view: { id: 'V1' } });
    };
    server.use(http.post(`${BASE}/views.open`, take), http.post(`${BASE}/chat.postEphemeral`, take));
    await slack().openModal('1.2.abc', { type: 'modal', title: { type: 'plain_text', text: 'Why?' }, blocks: [] });
    await slack().ephemeral('C1', 'U0ANNA', { text: 'not you' });
    expect(bodies).toMatchObject([
      { trigger_id: '1.2.abc', view: { type: 'modal' } },
      { channel: 'C1', user: 'U0ANNA', text: 'not you' },
    ]);
    server.use(http.post(`${BASE}/views.open`, refusal('expired_trigger_id')));
    const late = slack().openModal('1.2.abc', {
      type: 'modal',
      title: { type: 'plain_text', text: 'Why?' },
      blocks: [],
    });
    await expect(late).rejects.toMatchObject({ name: 'SlackRefused', code: 'expired_trigger_id' });
  });

  it('replaces the message by its response URL, and by no other URL', async () => {
    const bodies: unknown[] = [];
    server.use(
      http.post('https://hooks.slack.com/actions/1', async ({ request }) => {
        bodies.push(await request.json());
        return HttpResponse.text('ok');
      }),
    );
    expect(await slack().replace('https://hooks.slack.com/actions/1', MESSAGE)).toBe(true);
    expect(bodies).toEqual([{ replace_original: true, ...MESSAGE }]);
    expect(await slack().replace('https://evil.example/actions/1', MESSAGE)).toBe(false);
    expect(await slack().replyPrivately('https://evil.example/actions/1', { text: 'hi' })).toBe(false);
  });

  it.each([
    ['https://slack.com/api', 'https://slack.com/archives/C1/p1700000000000100'],
    ['http://127.0.0.1:4580/slack/api/', 'http://127.0.0.1:4580/slack/archives/C1/p1700000000000100'],
    ['https://slack.test', 'https://slack.test/archives/C1/p1700000000000100'],
  ])('links to a message of %s', (baseUrl, link) => {
    expect(slack({ baseUrl }).link({ channel: 'C1', ts: '1700000000.000100' })).toBe(link);
  });
});

describe('the incoming webhook', () => {
  it('never carries anything that could be pressed, whatever it is given', async () => {
    const bodies: unknown[] = [];
    server.use(
      http.post('https://hooks.slack.com/services/1', async ({ request }) => {
        bodies.push(await request.json());
        return HttpResponse.text('ok');
      }),
    );
    await postToWebhook('https://hooks.slack.com/services/1', requestCard(anApproval()));
    expect(JSON.stringify(bodies)).toContain('Human Review Needed');
    expect(JSON.stringify(bodies)).not.toMatch(/"actions"|action_id|button/);
  });

  it('posts one way, and names refusals', async () => {
    server.use(http.post('https://hooks.slack.com/services/1', () => HttpResponse.text('ok')));
    await postToWebhook('https://hooks.slack.com/services/1', MESSAGE);
    server.use(http.post('https://hooks.slack.com/services/1', () => HttpResponse.text('no_service', { status: 404 })));
    await expect(postToWebhook('https://hooks.slack.com/services/1', MESSAGE)).rejects.toMatchObject({
      code: 'http_404',
    });
  });
});
