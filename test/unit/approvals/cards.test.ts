import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestCard, SECTION_LIMIT, settledCard, stateWords } from '../../../functions/adapters/slack/cards.ts';
import { code, prose } from '../../../functions/adapters/slack/escape.ts';
import { evidenceMessage } from '../../../functions/adapters/slack/evidence.ts';
import { statementMessage } from '../../../functions/adapters/slack/statement.ts';
import { calibrationMark } from '../../../functions/adapters/slack/wording.ts';
import { ANNA, ASKED, aDecision, anApproval, buttons, words } from './builders.ts';

const HOSTILE = '<!channel> `*bold*` & <https://evil.example|click> \n*Approved* by <@U0BOSS>\u202e\u0000 ~x~';

describe('escaping', () => {
  it('leaves no way to ping, link, format or break a line', () => {
    const safe = prose(HOSTILE, 500);
    expect(safe).not.toMatch(/[<>`*\p{Cc}\u202e]|\S~/u);
    expect(safe).toContain('&lt;!channel&gt;');
  });

  it('never exceeds its length and never cuts an entity, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.integer({ min: 2, max: 300 }), (text, max) => {
        const safe = prose(text, max);
        expect(safe.length).toBeLessThanOrEqual(max);
        expect(safe.replace(/&(amp|lt|gt);/g, '')).not.toMatch(/[<>&`\n]/);
      }),
    );
  });

  it('keeps a code span closed and not empty', () => {
    expect(code('`', 50)).toBe('`ˋ`');
    expect(code('\n', 50)).toBe('`-`');
  });
});

describe('the mark operators know', () => {
  it.each([
    [0.8501, '✅ calibration: 85%'],
    [0.85, '⚠️ calibration: 85%'],
    [0.6001, '⚠️ calibration: 60%'],
    [0.6, '❓ calibration: 60%'],
    [0.29, '❓ calibration: 29%'],
    [1, '✅ calibration: 100%'],
    [null, '❓ calibration: unknown'],
    [Number.NaN, '❓ calibration: unknown'],
  ])('shows %s as %s', (score, shown) => expect(calibrationMark(score)).toBe(shown));
});

describe('the card of a pending approval', () => {
  it('says why, what exactly, on what evidence, and what silence means', () => {
    const approval = anApproval();
    const card = words(requestCard(approval));
    expect(card).toContain('🚨 *Human Review Needed*');
    expect(card).toContain('Upper bound of ECE is 0.062; tier 3 needs at most 0.050');
    expect(card).toContain('`requeue` → `short`: job `job-17` on cluster `west-1`');
    expect(card).toContain(
      '⚠️ calibration: 72% · ECE 0.056 (n = 212; a perfect model would show 0.021) · tier 3 suggest',
    );
    expect(card).toContain('82% to wait longer than 5m; wait ~12m (90% of the time 4m to 31m)');
    expect(card).toContain('*If nobody answers by 2026-11-20 12:00 UTC:* nothing is done.');
  });

  it('names what else could be done, and that waiting is always one of it', () => {
    const alternatives = [
      { action: 'adjust-priority', target: '-50' },
      { action: 'requeue', target: '<!here>' },
    ];
    expect(words(requestCard(anApproval({ alternatives })))).toContain(
      '*Instead you could:* let it wait (about 12m) · change its priority by `-50` · move it to queue `&lt;!here&gt;`',
    );
    expect(words(requestCard(anApproval({ question: 'keep', alternatives })))).not.toContain('Instead');
  });

  it('has buttons that carry the approval id and nothing else', () => {
    const approval = anApproval();
    expect(buttons(requestCard(approval))).toEqual([
      { action: 'approve', value: approval.approval_id, label: 'Approve' },
      { action: 'deny', value: approval.approval_id, label: 'Deny' },
      { action: 'details', value: approval.approval_id, label: 'Details' },
      { action: 'freeze', value: approval.approval_id, label: 'Freeze cluster' },
    ]);
  });

  it('asks to keep or release a hold in those words', () => {
    const card = requestCard(anApproval({ question: 'keep', tier: 'gate' }));
    expect(words(card)).toContain('A hold is in place. Keep it, or release it?');
    expect(words(card)).toContain('the hold is released');
    expect(buttons(card).map(({ label }) => label)).toEqual(['Keep hold', 'Release', 'Details', 'Freeze cluster']);
  });

  it('does not show the job owner, and copes with missing evidence', () => {
    const decision = aDecision();
    const pinned = aDecision({
      reasons: [],
      evidence: { ...decision.evidence, score: null, ece: null, nullMean: null, n: 3 },
      prediction: { ...decision.prediction, p: null, q: null },
    });
    const card = words(requestCard(anApproval({ pinned, user: 'olga' })));
    expect(card).not.toContain('olga');
    expect(card).toContain('❓ calibration: unknown · ECE not measured yet (n = 3)');
    expect(card).toContain('no probability given');
  });

  it('stays within what Slack accepts when every text from outside is hostile and long', () => {
    const long = HOSTILE.repeat(100);
    const reasons = Array.from({ length: 30 }, () => ({ code: long, message: long, scope: 'escalate' as const }));
    const pinned = aDecision({
      reasons,
      statement: long,
      jobId: long,
      clusterId: long,
      arguments: { action: long, clusterId: long, jobId: long, target: long, text: long },
    });
    const approval = anApproval({ pinned, status: 'void', decided_by: long, decided_reason: long });
    const effect = { status: 'failed', action: long, decisionId: 'd', at: '', reason: long, intervened: true } as const;
    const messages = [
      requestCard(approval),
      requestCard({ ...approval, question: 'keep' }),
      settledCard(approval, ASKED),
      settledCard(
        { ...approval, status: 'denied', decided_via: 'cli', effect: { ...effect, at: ASKED.toISOString() } },
        ASKED,
      ),
      evidenceMessage(approval),
      statementMessage(pinned, effect),
    ];
    for (const message of messages) {
      expect(JSON.stringify(message)).not.toMatch(/<!channel>|<https|<@U0BOSS>/);
      for (const block of message.blocks) {
        if (block.type === 'section') expect(block.text?.text.length).toBeLessThan(SECTION_LIMIT);
      }
    }
  });
});

describe('the card of a decided approval', () => {
  const decided = { decided_by: ANNA, decided_at: '2026-11-20T08:05:00.000Z', decided_reason: 'job already started' };

  it.each([
    ['approved', 'act', '✅ *Approved* by <@U0ANNA>, 2026-11-20 08:05 UTC.'],
    ['denied', 'act', '⛔ *Denied* by <@U0ANNA>, 2026-11-20 08:05 UTC; nothing is done.'],
    ['expired', 'act', '⏳ *Expired*: nobody answered by 2026-11-20 12:00 UTC; nothing is done.'],
    ['void', 'act', '🚫 *Void*, 2026-11-20 08:05 UTC: job already started. Nothing is done.'],
    ['approved', 'keep', '✅ *Hold kept* by <@U0ANNA>, 2026-11-20 08:05 UTC.'],
    ['denied', 'keep', '↩️ *Release* decided by <@U0ANNA>, 2026-11-20 08:05 UTC.'],
    ['expired', 'keep', '⏳ *Expired*: nobody answered by 2026-11-20 12:00 UTC; the hold is released.'],
  ] as const)('words %s (%s) truly and has no button but Undo', (status, question, text) => {
    const approval = anApproval({ ...decided, status, question });
    expect(stateWords(approval)).toBe(text);
    const left = status === 'approved' ? ['undo'] : [];
    expect(buttons(settledCard(approval, ASKED)).map(({ action }) => action)).toEqual(left);
  });
});

describe('what came of an answer', () => {
  const decided = { decided_by: ANNA, decided_at: '2026-11-20T08:05:00.000Z', decided_via: 'slack' } as const;
  const at = '2026-11-20T08:05:10.000Z';

  it('is said with until when it can be undone', () => {
    const approval = anApproval({ ...decided, status: 'approved', effect: { status: 'done', at } });
    const card = words(settledCard(approval, new Date(at)));
    expect(card).toContain('*Done*, 2026-11-20 08:05 UTC, and read back from the scheduler.');
    expect(card).toContain('It can be undone here until 2026-11-20 08:20 UTC.');
  });

  it('says honestly of what has no way back that it cannot be undone', () => {
    const pinned = aDecision({ arguments: { action: 'terminate', clusterId: 'west-1', jobId: 'job-17' } });
    const approval = anApproval({ ...decided, pinned, status: 'approved', effect: { status: 'done', at } });
    expect(words(settledCard(approval, new Date(at)))).toContain('`terminate` cannot be undone from here.');
    expect(buttons(settledCard(approval, new Date(at)))).toEqual([]);
  });

  it('never calls a hold released before it is', () => {
    const approval = anApproval({ ...decided, status: 'denied', question: 'keep' });
    expect(words(settledCard(approval, new Date(at)))).toContain('The hold is being released.');
    const failed = { ...approval, effect: { status: 'failed', at, reason: 'it runs' } } as const;
    expect(words(settledCard(failed, new Date(at)))).toContain('*Failed*, 2026-11-20 08:05 UTC: it runs.');
  });
});

describe('a notification', () => {
  it('says what was done and how far the prediction can be trusted', () => {
    const decision = aDecision({ next: 'actAndNotify', scope: 'notify' });
    const effect = { status: 'dryRun', action: 'requeue', decisionId: 'd', at: '', intervened: false } as const;
    expect(words(statementMessage(decision, effect))).toContain('~12 minutes (±5m) · ⚠️ calibration: 72%');
    expect(words(statementMessage(decision, effect))).toContain('*Dry run, would have done:* `requeue` → `short`');
  });
});
