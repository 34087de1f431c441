import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REDACTED, Redactor } from '../../../infra/console/redact.ts';

const TOKEN = 'AQB0b2tlbi1vZi1hLXRhc2s';

describe('what the console hides', () => {
  it.each(['taskToken', 'TaskToken', 'token', 'task_token', 'Authorization'])('hides what %s holds', (key) => {
    expect(new Redactor().redact({ a: { [key]: TOKEN } })).toEqual({ a: { [key]: REDACTED } });
  });

  it('hides the same value under any other name, and inside text', () => {
    const shown = new Redactor().redact([{ taskToken: TOKEN }, { note: `answer ${TOKEN} now`, list: [TOKEN] }]);
    expect(shown).toEqual([{ taskToken: REDACTED }, { note: `answer ${REDACTED} now`, list: [REDACTED] }]);
  });

  it('hides a token in JSON inside JSON', () => {
    const inner = JSON.stringify({ Payload: { taskToken: TOKEN, other: 1 } });
    expect(JSON.stringify(new Redactor().redact({ body: inner }))).not.toContain(TOKEN);
    expect(JSON.stringify(new Redactor().redact({ body: JSON.stringify({ inner }) }))).not.toContain(TOKEN);
  });

  it('hides known secrets wherever they are', () => {
    expect(new Redactor(['xoxb-secret-secret']).redact('Bearer xoxb-secret-secret')).toBe(`Bearer ${REDACTED}`);
  });

  it('remembers a token for what it shows later', () => {
    const redactor = new Redactor();
    redactor.redact({ taskToken: TOKEN });
    expect(redactor.redact({ cause: TOKEN })).toEqual({ cause: REDACTED });
  });

  it('leaves everything else as it is', () => {
    const harmless = { tokens: 10, n: null, nested: [{ ok: true, text: 'token' }] };
    expect(new Redactor().redact(harmless)).toEqual(harmless);
  });

  it('never lets a token through, wherever it stands', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ maxLength: 20 }), (value, around) => {
        const shown = new Redactor().redact({
          value,
          taskToken: TOKEN,
          text: `${around}${TOKEN}${around}`,
          [TOKEN]: 1,
        });
        expect(JSON.stringify(shown)).not.toContain(TOKEN);
      }),
    );
  });
});
