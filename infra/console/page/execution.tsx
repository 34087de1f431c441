import { tierName } from '../../../functions/domain/thresholds.ts';
import type { ActionArguments } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import { shownScope } from '../shown-scope.ts';
import type { ExecutionView, StateView } from '../views.ts';
import { ApprovalCard } from './approvals.tsx';
import { useResource } from './data.ts';
import { between, duration, ece, instant, share, time, waitWords } from './format.ts';
import { Card, Empty, Json, Loading, PassedOverTiers, Path, Reasons, ScopePill, StatusTag } from './pieces.tsx';

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
            {view.decision && <ScopePill scope={shownScope(view.decision.evidence)} />}
            <StatusTag status={view.result ?? view.part ?? view.status} />
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

const NEXT_WORDS: Record<Decided['next'], string> = {
  nothing: 'nothing',
  act: 'autonomously',
  actAndNotify: 'autonomously, and people are notified',
  holdOut: 'held out on purpose',
  ask: 'nothing; a human is asked',
  withhold: 'nothing: withheld',
  late: 'nothing: too late',
};

const actionWords = ({ action, target }: ActionArguments) => `${action}${target === undefined ? '' : ` → ${target}`}`;

/** `warn`; both tier and action where their names differ. */
function deedWords(tier: number, args: ActionArguments): string {
  return args.action === tierName(tier) ? args.action : `${tierName(tier)}: ${actionWords(args)}`;
}

/** One row each for what was called for, done, asked and known. */
function decisionRows(decision: Decided): [string, string][] {
  const { evidence, prediction, called, tier, next, asks, holdOutShare, dryRun, servedBy } = decision;
  const action = decision.arguments;
  const done = action === null || tier === 0 ? '' : `${deedWords(tier, action)}, `;
  const heldOut = holdOutShare === null ? '' : `; ${share(holdOutShare)} of these are held out`;
  const asked = asks && deedWords(asks.tier, asks.arguments);
  return [
    ['Called for', called === 0 ? 'nothing' : tierName(called)],
    ['Done', `${done}${NEXT_WORDS[next]}${heldOut}${dryRun ? ' (dry run: it would have been)' : ''}`],
    ...(asked === null ? [] : [[next === 'ask' ? 'Asked' : 'Asked besides', asked] as [string, string]]),
    [
      `P(wait > ${duration(decision.longWaitSeconds)})`,
      prediction.q === null ? 'not given' : `${share(prediction.q)} served`,
    ],
    ...(servedBy === null ? [] : [['Served by', servedBy] as [string, string]]),
    ['Predicted wait', waitWords(prediction, decision.longWaitSeconds)],
    [
      'Score',
      `${evidence.score === null ? 'none yet' : evidence.score.toFixed(3)} · ECE ${ece(evidence.ece)} [${ece(evidence.eceLower)}, ${ece(evidence.eceUpper)}], n ${evidence.n}, a perfect model ${ece(evidence.nullMean)}`,
    ],
    [
      'Evidence',
      `epoch ${evidence.epoch}, fold ${evidence.version}, tier earned: ${tierName(evidence.earnedTier)}, drift: ${evidence.drift}${evidence.skilled ? '' : ', not yet better than the base rate'}`,
    ],
  ];
}

function Why({ view, decision }: { view: ExecutionView; decision: Decided }) {
  const rows = decisionRows(decision);
  const effects: [string, Effect | null][] = [
    ['Effect', view.effect],
    ['Effect on approval', view.approvedEffect],
  ];
  for (const [term, effect] of effects) {
    if (effect)
      rows.push([
        term,
        `${effect.status === 'dryRun' ? 'dry run' : effect.status}: ${effect.action}${effect.reason ? ` (${effect.reason})` : ''}`,
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
  // Reasons already listed with a tier that was passed over are not repeated.
  const shown = new Set(decision.passedOver.flatMap(({ reasons }) => reasons.map(({ message }) => message)));
  const others = decision.reasons.filter(({ message }) => !shown.has(message));
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
      <PassedOverTiers passedOver={decision.passedOver} />
      {others.length > 0 && (
        <>
          <h3>Also said</h3>
          <Reasons reasons={others} neutral={decision.next === 'nothing'} />
        </>
      )}
      {decision.reasons.length === 0 && <p class="facts">No rule of the gate held it back.</p>}
    </Card>
  );
}
