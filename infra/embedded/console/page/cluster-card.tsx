import type { Budget, ClusterView } from '../views.ts';
import { ece, TIERS, tokens } from './format.ts';
import { Maps } from './maps.tsx';
import { Reasons, ScopePill } from './pieces.tsx';
import { ScoreBar, ScoreChart } from './score.tsx';

const DRIFT_WORDS: Record<string, string> = {
  none: 'no drift',
  monitor: 'drift: watching',
  degrade: 'drift: one scope less',
  escalate: 'drift: autonomy withdrawn',
};

export function ClusterCard({ cluster }: { cluster: ClusterView }) {
  const { score } = cluster;
  return (
    <section class={`card cluster ${cluster.scope}`}>
      <header>
        <h2>
          <a href={`#/executions?cluster=${encodeURIComponent(cluster.clusterId)}`}>{cluster.clusterId}</a>
          <small>
            {cluster.platform}
            {cluster.dryRun && ' · dry run'}
          </small>
        </h2>
        <ScopePill scope={cluster.scope} />
      </header>
      {cluster.trouble !== null && (
        <p class="problem">
          <code>{cluster.trouble}</code> The drift monitor could not finish its visit here: outcomes may not be folded,
          and once a label has waited too long every decision goes to a human.
        </p>
      )}
      <div class="headline">
        <div class="big">
          <strong>{score === null ? '–' : score.toFixed(2)}</strong>
          <span>score</span>
        </div>
        <div class="grow">
          <ScoreBar score={score} />
          <p class="figures">
            ECE <b>{ece(cluster.ece)}</b>
            {cluster.eceLower !== null && cluster.eceUpper !== null && (
              <span>
                {' '}
                [{ece(cluster.eceLower)}, {ece(cluster.eceUpper)}]
              </span>
            )}{' '}
            · n <b>{cluster.n}</b> · a perfect model shows <b>{ece(cluster.nullMean)}</b>
          </p>
        </div>
      </div>
      <ScoreChart history={cluster.history} />
      <div class="grid four">
        <Tokens name="Statements" budget={cluster.statement} />
        <Tokens name="Interventions" budget={cluster.intervention} />
        <div>
          <h3>Earned tier</h3>
          <ol class="tiers">
            {TIERS.slice(1).map((name, index) => (
              <li key={name} class={index < cluster.earnedTier ? 'earned' : ''}>
                {name}
              </li>
            ))}
          </ol>
          {cluster.nextTier !== null && <p class="facts">{cluster.nextTier}</p>}
        </div>
        <div>
          <h3>State</h3>
          {cluster.statement.tokens === null ? (
            <p class="facts">unknown: the calibration cannot be read</p>
          ) : (
            <p class="facts">
              {DRIFT_WORDS[cluster.drift]}
              <br />
              epoch {cluster.epoch}, fold {cluster.version}
              <br />
              {cluster.alarm !== '' && (
                <>
                  {cluster.alarm}
                  <br />
                </>
              )}
              {cluster.hold > 0 ? `probation: ${cluster.hold} labels to go` : 'no probation'}
            </p>
          )}
        </div>
      </div>
      <Maps maps={cluster.maps} epoch={cluster.epoch} />
      {cluster.reasons.length > 0 ? (
        <>
          <h3>Why not more</h3>
          <Reasons reasons={cluster.reasons} />
        </>
      ) : (
        <p class="facts">Nothing holds this cluster back: every job is still gated one by one.</p>
      )}
    </section>
  );
}

function Tokens({ name, budget }: { name: string; budget: Budget }) {
  const share = budget.tokens === null || budget.cap === 0 ? 0 : Math.max(0, Math.min(1, budget.tokens / budget.cap));
  return (
    <div>
      <h3>{name}</h3>
      <div class="meter" role="img" aria-label={`${tokens(budget.tokens)} of ${budget.cap} tokens`}>
        <span style={{ width: `${share * 100}%` }} />
      </div>
      <p class="facts">
        {tokens(budget.tokens)} of {budget.cap} tokens
        <br />
        {budget.inFlight} of {budget.inFlightCap} in flight
      </p>
    </div>
  );
}
