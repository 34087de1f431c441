import { describe, expect, it } from 'vitest';
import { requestOnce, slackSignature, whyNotSlack } from '../../../../functions/adapters/slack/signature.ts';
import { ASKED } from '../../application/approvals/builders.ts';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const SECONDS = ASKED.getTime() / 1000;
const BODY = Buffer.from('payload=%7B%22type%22%3A%22block_actions%22%7D');

function signed({ body = BODY, seconds = String(SECONDS), secret = SECRET } = {}) {
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': seconds,
      'x-slack-signature': slackSignature(secret, seconds, body),
    } as Record<string, string>,
    body,
  };
}
const with_ = (headers: Record<string, string>) => ({ ...signed(), headers: { ...signed().headers, ...headers } });
const without = (name: string) => {
  const { [name]: _, ...headers } = signed().headers;
  return { ...signed(), headers };
};

describe('whyNotSlack', () => {
  it('agrees with the example in the documentation of Slack', () => {
    const body = Buffer.from(
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    );
    expect(slackSignature(SECRET, '1531420618', body)).toBe(
      'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    );
  });

  it('accepts what Slack signed, with a charset too', () => {
    expect(whyNotSlack(signed(), SECRET, ASKED)).toBeNull();
    const charset = with_({ 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=utf-8' });
    expect(whyNotSlack(charset, SECRET, ASKED)).toBeNull();
  });

  it.each([
    [300, null],
    [301, 'outside the window'],
    [-300, null],
    [-301, 'outside the window'],
  ])('treats a request that is %s s old as %s', (age, expected) => {
    expect(whyNotSlack(signed({ seconds: String(SECONDS - age) }), SECRET, ASKED)).toBe(expected);
  });

  it.each([
    ['another secret', signed({ secret: 'other' }), 'signature'],
    ['a changed body', { ...signed(), body: Buffer.from(`${BODY.toString()}x`) }, 'signature'],
    ['another timestamp', with_({ 'x-slack-request-timestamp': String(SECONDS - 1) }), 'signature'],
    ['no signature', without('x-slack-signature'), 'signature'],
    ['an empty signature', with_({ 'x-slack-signature': '' }), 'signature'],
    ['a short signature', with_({ 'x-slack-signature': 'v0=00' }), 'signature'],
    [
      'two signatures joined',
      with_({ 'x-slack-signature': `v0=${'0'.repeat(64)},${signed().headers['x-slack-signature']}` }),
      'signature',
    ],
    [
      'an upper-case signature',
      with_({ 'x-slack-signature': signed().headers['x-slack-signature']?.toUpperCase() ?? '' }),
      'signature',
    ],
    ['same characters, more bytes', with_({ 'x-slack-signature': `v0=${'é'.repeat(64)}` }), 'signature'],
    ['no timestamp', without('x-slack-request-timestamp'), 'timestamp'],
    ['a timestamp that is no number', with_({ 'x-slack-request-timestamp': 'NaN' }), 'timestamp'],
    ['two timestamps joined', with_({ 'x-slack-request-timestamp': `${SECONDS},${SECONDS}` }), 'timestamp'],
    ['a signed float timestamp', signed({ seconds: `${SECONDS}.0` }), 'timestamp'],
    ['a hexadecimal timestamp', signed({ seconds: `0x${SECONDS.toString(16)}` }), 'timestamp'],
    ['JSON', with_({ 'content-type': 'application/json' }), 'content type'],
    [
      'two content types',
      with_({ 'content-type': 'application/json, application/x-www-form-urlencoded' }),
      'content type',
    ],
    ['no content type', without('content-type'), 'content type'],
    ['an empty body', signed({ body: Buffer.alloc(0) }), 'body size'],
    ['a packed body', with_({ 'content-encoding': 'gzip' }), 'content encoding'],
    [
      'headers without end',
      with_(Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`x-${i}`, '1']))),
      'headers',
    ],
    ['a header that is a book', with_({ cookie: 'x'.repeat(16 * 1024) }), 'headers'],
    ['a huge body', signed({ body: Buffer.alloc(256 * 1024 + 1) }), 'body size'],
    ['a GET', { ...signed(), method: 'GET' }, 'method'],
  ])('refuses %s', (_what, request, expected) => {
    expect(whyNotSlack(request, SECRET, ASKED)).toBe(expected);
  });
});

describe('a rotation of the signing secret', () => {
  it.each([`new,${SECRET}`, `${SECRET}\nnew`, ` new , ${SECRET} `])(
    'takes what either of two has signed: %j',
    (stored) => {
      expect(whyNotSlack(signed(), stored, ASKED)).toBeNull();
      expect(whyNotSlack(signed({ secret: 'new' }), stored, ASKED)).toBeNull();
      expect(whyNotSlack(signed({ secret: 'other' }), stored, ASKED)).toBe('signature');
    },
  );

  it.each(['', ' , ', `new,newer,${SECRET}`])('is not a third one, and nothing signs for nobody: %j', (stored) => {
    expect(whyNotSlack(signed(), stored, ASKED)).toBe('signature');
    expect(whyNotSlack(signed({ secret: stored }), stored, ASKED)).toBe('signature');
  });
});

describe('a request is the same', () => {
  it('whichever secret signed it, and another with another body or timestamp', () => {
    const { digest, staleAt } = requestOnce(signed());
    expect(staleAt).toEqual(new Date(ASKED.getTime() + 300_000));
    expect(requestOnce(signed({ secret: 'other' })).digest).toBe(digest);
    expect(requestOnce(signed({ seconds: String(SECONDS + 1) })).digest).not.toBe(digest);
    expect(requestOnce(signed({ body: Buffer.from(`${BODY.toString()} `) })).digest).not.toBe(digest);
    expect(signed().headers['x-slack-signature']).not.toContain(digest);
  });
});
