import type { ExecutionView, StateView } from '../views.ts';
import { ApprovalCard } from './approvals.tsx';
import { useResource } from './data.ts';
import { between, duration, ece, instant, percent, tierName, time } from './format.ts';
import { Card, Empty, Json, Loading, Path, Reasons, ScopePill, StatusTag } from './pieces.tsx';

export function ExecutionPage({ name }: { name: string }) {
  const { data: view, missing } = useResource<ExecutionView>(`/api/executions/${encodeURIComponent(name)}`);
  if (missing) {
    return <Empty title="No such execution">It may belong to an earlier run: this page shows the running one.</Empty>;
  }
  if (view === null) return <Loading />;
  return (
    <>
      <section class="card hero">
        <header>
          <h1>
            {view.jobId ?? view.machine}
            <small>
              {[view.clusterId, view.machine, `started ${instant(view.startedAt)}`].filter(Boolean).join(' · ')}
            </small>
          </h1>
          <div class="tags">
            <ScopePill scope={view.scope} />
            <StatusTag status={view.result ?? view.status} />
          </div>
        </header>
        <Path states={view.path} running={view.status === 'RUNNING'} />
        {view.error && (
          <p class="problem">
            <code>{view.error.error}</code> {view.error.cause}
          </p>
        )}
      </section>
      {view.decision && <Why view={view} decision={view.decision} />}
      {view.approval && (
        <Card title="Approval">
          <ApprovalCard approval={view.approval} />
        </Card>
      )}
      <Card title="States" aside={<small>{view.states.length} entered</small>}>
        {view.forgotten && (
          <Empty title="The history is gone">Only the newest 1,000 closed executions keep theirs.</Empty>
        )}
        <ol class="states">
          {view.states.map((state, index) => (
            <StateItem key={index} state={state} />
          ))}
        </ol>
      </Card>
      <Card title="Execution input and output">
        <div class="payloads two">
          <Json title="Input" value={view.input} />
          <Json title="Output" value={view.output} />
        </div>
      </Card>
    </>
  );
}

function StateItem({ state }: { state: StateView }) {
  const took = between(state.enteredAt, state.leftAt);
  return (
    <li class={state.leftAt === null ? 'open' : ''}>
      <h3>
        {state.name}
        <small>
          {state.type} · {time(state.enteredAt)}
          {took !== '' && ` · ${took}`}
          {state.leftAt === null && ' · here now'}
        </small>
      </h3>
      {state.notes.map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
      <div class="payloads">
        <Json title="Input" value={state.input} />
        <Json title="Output" value={state.output} />
        <Json title="Variables" value={state.variables} />
      </div>
    </li>
  );
}

type Decided = NonNullable<ExecutionView['decision']>;

const NEXT_WORDS: Record<string, string> = {
  nothing: 'nothing to do',
  act: 'act alone',
  actAndNotify: 'act and tell a human',
  ask: 'ask a human',
  withhold: 'withheld',
};

function Why({ view, decision }: { view: ExecutionView; decision: Decided }) {
  const { evidence, prediction } = decision;
  const action = decision.arguments;
  const rows: [string, string][] = [
    [
      'Decision',
      `${NEXT_WORDS[decision.next] ?? decision.next}${decision.late ? ', too late' : ''}${decision.holdout ? ', held out' : ''}`,
    ],
    [
      'Proposal',
      action ? `${tierName(decision.tier)}: ${action.action}${action.target ? ` → ${action.target}` : ''}` : 'nothing',
    ],
    [
      `P(wait > ${duration(decision.longWaitSeconds)})`,
      prediction.q === null ? 'not given' : `${percent(prediction.q)} served`,
    ],
    [
      'Predicted wait',
      `${duration(prediction.waitSeconds)}, 90 % between ${duration(prediction.lowerSeconds)} and ${duration(prediction.upperSeconds)}`,
    ],
    [
      'Score',
      `${evidence.score === null ? 'none yet' : evidence.score.toFixed(3)} · ECE ${ece(evidence.ece)} [${ece(evidence.eceLower)}, ${ece(evidence.eceUpper)}], n ${evidence.n}, a perfect model ${ece(evidence.nullMean)}`,
    ],
    [
      'Evidence',
      `epoch ${evidence.epoch}, fold ${evidence.version}, tier earned: ${tierName(evidence.earnedTier)}, drift: ${evidence.drift}${evidence.hold > 0 ? `, probation: ${evidence.hold} labels` : ''}`,
    ],
  ];
  if (view.effect) {
    rows.push([
      'Effect',
      `${view.effect.status}: ${view.effect.action}${view.effect.reason ? ` (${view.effect.reason})` : ''}`,
    ]);
  }
  if (view.outcome) {
    const { longWait, waitSeconds, foldedIn } = view.outcome;
    const label = longWait === null ? 'no usable label' : longWait ? 'long wait' : 'short wait';
    rows.push([
      'What happened',
      `${label}${waitSeconds === null ? '' : `, waited ${duration(waitSeconds)}`}${foldedIn === null ? '' : `, folded in batch ${foldedIn}`}`,
    ]);
  }
  return (
    <Card title="Why" aside={<small>{decision.decisionId}</small>}>
      <p class="statement">{decision.statement}</p>
      <dl class="rows">
        {rows.map(([term, text]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {decision.reasons.length > 0 ? (
        <>
          <h3>What the gate said, strictest first</h3>
          <Reasons reasons={decision.reasons} />
        </>
      ) : (
        <p class="facts">No rule of the gate held it back.</p>
      )}
    </Card>
  );
}
