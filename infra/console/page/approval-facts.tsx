import type { ComponentChildren } from 'preact';
import type { ApprovalView } from '../views.ts';
import { duration, ece, share, time, waitWords } from './format.ts';

export function questionOf({ question, status, action, target, jobId }: ApprovalView): string {
  if (status === 'autonomous') return `${action} ${jobId}${target ? ` → ${target}` : ''}, done by the agent on its own`;
  return question === 'keep'
    ? `Keep the ${action} on ${jobId}?`
    : `May the agent ${action} ${jobId}${target ? ` → ${target}` : ''}?`;
}

/**
 * What an approver has to know: what exactly, why, on which evidence, and what happens if nobody answers. The short form has
 * only how it ended and what it was about.
 */
export function Facts({ approval, short }: { approval: ApprovalView; short?: boolean }) {
  const { evidence, prediction, status } = approval;
  const keep = approval.question === 'keep';
  return (
    <dl class="ask">
      {status !== 'pending' && <Row term="How it ended">{ending(approval)}</Row>}
      <Row
        term={
          status === 'autonomous'
            ? 'What was done'
            : status !== 'pending'
              ? 'What was asked'
              : keep
                ? 'What is in place'
                : 'What would be done'
        }
      >
        <code>
          {approval.action}
          {approval.target !== null && ` → ${approval.target}`}
        </code>{' '}
        for job <code>{approval.jobId}</code> on cluster <code>{approval.clusterId}</code>
        {approval.text !== null && <> with the text “{approval.text}”</>}
      </Row>
      {status === 'pending' && approval.dryRun && (
        <Row term="Dry run">Nothing would be touched, whatever is answered.</Row>
      )}
      {approval.already !== null && <Row term="Besides">{approval.already}</Row>}
      {!short && <Row term="Whose job">{approval.job}</Row>}
      {!short && (
        <Row term="Why a human">{approval.because ?? 'a hold is always confirmed by a human, and it is in place'}</Row>
      )}
      {!short && (
        <Row term="What it rests on">
          {evidence.score === null || evidence.ece === null
            ? `no calibration measured yet, ${evidence.n} outcomes`
            : `score ${evidence.score.toFixed(2)} · ECE ${ece(evidence.ece)} over ${evidence.n} outcomes`}{' '}
          · {approval.record}
          <br />
          {prediction.q === null
            ? 'no probability given'
            : `${share(prediction.q)} to wait longer than ${duration(prediction.longWaitSeconds)}`}
          ; wait {waitWords(prediction, prediction.longWaitSeconds)}
        </Row>
      )}
      {approval.explanation !== null && <Row term="In a model’s words">{approval.explanation}</Row>}
      {status === 'pending' && (
        <Row term={`If nobody answers by ${time(approval.expiresAt)} UTC`}>
          {keep
            ? 'The hold is released. Void as soon as the job is cancelled.'
            : `Nothing ${approval.dryRun ? 'would be' : 'is'} done. Void as soon as the job starts.`}
        </Row>
      )}
      {status === 'pending' && !keep && (
        <Row term="Instead you could">
          let it wait
          {approval.alternatives.map(({ action, target }) => (
            <>
              {' · '}
              {action}
              {target !== undefined && ` ${target}`}
            </>
          ))}
        </Row>
      )}
    </dl>
  );
}

function ending({ standing, reason, effect, status }: ApprovalView): ComponentChildren {
  return (
    <>
      {standing}
      {status === 'denied' && reason !== null && <> Why: {reason}</>}
      {effect !== null && (
        <>
          <br />
          {EFFECTS[effect.status] ?? effect.status}, {time(effect.at)} UTC{effect.reason && `: ${effect.reason}`}
        </>
      )}
      {effect === null && status === 'approved' && ' Not carried out yet.'}
    </>
  );
}

const EFFECTS: Record<string, string> = {
  done: 'Done, and read back from the scheduler',
  dryRun: 'Dry run: nothing was touched',
  refused: 'Not done',
  void: 'Not done',
  failed: 'Failed; look at the job itself',
  undone: 'Undone, and read back from the scheduler',
};

function Row({ term, children }: { term: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
