import { describe, expect, it } from 'vitest';
import { Sessions } from '../../../infra/console/sessions.ts';

const ANNA = { person: 'U0ANNA', owner: false };
const MINUTES = 60_000;

function setUp() {
  let ms = Date.parse('2026-11-20T08:00:00Z');
  let made = 0;
  const sessions = new Sessions({ now: () => ms }, () => `secret-${++made}`);
  return { sessions, pass: (duration: number) => (ms += duration), now: () => ms };
}

describe('a code', () => {
  it('opens one session of its holder, and only one', () => {
    const { sessions, now } = setUp();
    const exchange = sessions.exchange(sessions.newCode(ANNA));
    expect(exchange).toEqual({
      outcome: 'opened',
      secret: 'secret-2',
      session: { ...ANNA, until: now() + 720 * MINUTES },
    });
    expect(sessions.find('secret-2')).toMatchObject(ANNA);
    expect(sessions.exchange('secret-1')).toEqual({ outcome: 'used' });
  });

  it('works until ten minutes after it was made, and not then', () => {
    const { sessions, pass } = setUp();
    const [early, late] = [sessions.newCode(ANNA), sessions.newCode(ANNA)];
    pass(10 * MINUTES - 1);
    expect(sessions.exchange(early).outcome).toBe('opened');
    pass(1);
    expect(sessions.exchange(late).outcome).toBe('expired');
    expect(sessions.exchange(early).outcome).toBe('used');
  });

  it('is not a session, and a session is not a code', () => {
    const { sessions } = setUp();
    const code = sessions.newCode(ANNA);
    expect(sessions.find(code)).toBeNull();
    const exchange = sessions.exchange(code);
    expect(sessions.exchange(exchange.outcome === 'opened' ? exchange.secret : '').outcome).toBe('unknown');
  });

  it('is unknown to the next start', () => {
    const code = setUp().sessions.newCode(ANNA);
    expect(setUp().sessions.exchange(code).outcome).toBe('unknown');
  });

  it('takes bounded room, however many are made', () => {
    const { sessions } = setUp();
    const first = sessions.newCode(ANNA);
    for (let n = 0; n < 1_000; n++) sessions.newCode(ANNA);
    expect(sessions.exchange(first).outcome).toBe('unknown');
  });
});

describe('a session', () => {
  it('ends after twelve hours, or when its holder signs out', () => {
    const { sessions, pass } = setUp();
    const open = () => {
      const exchange = sessions.exchange(sessions.newCode(ANNA));
      return exchange.outcome === 'opened' ? exchange.secret : expect.fail(exchange.outcome);
    };
    const [one, other] = [open(), open()];
    sessions.end(one);
    expect(sessions.find(one)).toBeNull();
    pass(720 * MINUTES - 1);
    expect(sessions.find(other)).toMatchObject(ANNA);
    pass(1);
    expect(sessions.find(other)).toBeNull();
  });
});
