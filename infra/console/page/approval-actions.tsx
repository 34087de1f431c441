import { useState } from 'preact/hooks';
import type { AnswerAction } from '../../../schemas/ports/answer.ts';
import type { Approvals, ApprovalView } from '../views.ts';
import type { Answering } from './answering.ts';
import { approvalHash } from './approval-link.ts';
import { time } from './format.ts';

type Asking = 'deny' | 'freeze' | null;

/** The actions on an approval for a signed-in person. Deny asks for a reason, and freezing asks for confirmation. */
export function Actions({
  approval,
  answering,
  frozen,
}: {
  approval: ApprovalView;
  answering: Answering;
  frozen: Approvals['frozen'];
}) {
  const [asking, setAsking] = useState<Asking>(null);
  const [reason, setReason] = useState('');
  const { approvalId, clusterId, status, question, undo, undoUntil } = approval;
  if (answering.person === null) return null;
  const keep = question === 'keep';
  const act = (action: AnswerAction, why?: string, freeze?: string) => {
    setAsking(null);
    return answering.answer({
      approvalId,
      action,
      ...(why !== undefined && { reason: why }),
      ...(freeze !== undefined && { freeze }),
    });
  };
  const button = (label: string, run: () => void, tone = '') => (
    <button type="button" class={tone} disabled={answering.busy} onClick={run}>
      {label}
    </button>
  );
  if (asking === 'deny') {
    return (
      <form
        class="actions why"
        onSubmit={(event) => {
          event.preventDefault();
          void act('deny', reason);
        }}
      >
        <label>
          Why? <small>Everybody who sees the card can read it.</small>
          <textarea maxLength={500} rows={2} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        <button type="submit" class="bad" disabled={answering.busy}>
          {keep ? 'Release the hold' : 'Deny it'}
        </button>
        {button('Back', () => setAsking(null))}
      </form>
    );
  }
  if (asking === 'freeze') {
    return (
      <div class="actions">
        <p>The agent will do nothing at all on {clusterId} until somebody unfreezes it.</p>
        {button('Freeze it', () => void act('freeze'), 'bad')}
        {button('Leave it', () => setAsking(null))}
      </div>
    );
  }
  return (
    <div class="actions">
      {status === 'pending' && button(keep ? 'Keep hold' : 'Approve', () => void act('approve'), 'good')}
      {status === 'pending' && button(keep ? 'Release…' : 'Deny…', () => setAsking('deny'), 'bad')}
      {undo === 'open' && button('Undo', () => void act('undo'))}
      {location.hash !== approvalHash(approvalId) &&
        button('Details', () => {
          void act('details').then(() => location.assign(approvalHash(approvalId)));
        })}
      {clusterId in frozen
        ? button(`Unfreeze ${clusterId}`, () => void act('unfreeze', undefined, frozen[clusterId]?.at))
        : button('Freeze cluster…', () => setAsking('freeze'))}
      {undoUntil !== null && <small>can be undone until {time(undoUntil)} UTC</small>}
    </div>
  );
}
