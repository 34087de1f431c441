import type { ClusterView } from '../views.ts';
import { Drift } from './drift.tsx';
import { Forecast } from './forecast.tsx';
import { ece } from './format.ts';
import { Parts, whatCameOfCalls } from './parts.tsx';
import { Reasons, ScopePill } from './pieces.tsx';
import { Refits } from './refits.tsx';
import { ScoreBar, ScoreChart } from './score.tsx';
import { Tiers } from './tiers.tsx';

export function ClusterCard({ cluster }: { cluster: ClusterView }) {
  const { score, tiers, questions, figures } = cluster;
  return (
    <section class={`card cluster ${cluster.shown}`}>
      <header>
        <h2>
          <a href={`#/executions?cluster=${encodeURIComponent(cluster.clusterId)}`}>{cluster.clusterId}</a>
          <small>
            {cluster.platform}
            {cluster.dryRun && ' · dry run'}
          </small>
        </h2>
        <ScopePill scope={cluster.shown} />
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
          <p class="evidence">
            ECE <b>{ece(cluster.ece)}</b>
            {cluster.ece !== null && cluster.eceUpper !== null && ` ± ${ece(cluster.eceUpper - cluster.ece)}`} · n{' '}
            <b>{cluster.n}</b> · a perfect model shows <b>{ece(cluster.nullMean)}</b>
            {cluster.n > 0 && !cluster.skilled && cluster.ece !== null && ' · not yet better than the base rate'}
          </p>
        </div>
      </div>
      <ScoreChart history={cluster.history} />
      <h3>What became of {figures.jobs.toLocaleString('en')} jobs</h3>
      <Parts figures={figures} />
      <p class="facts">
        {whatCameOfCalls(figures, cluster.reached)} Questions: {questions.open} of {questions.places} open,{' '}
        {questions.thisHour} of {questions.perHour} this hour.
      </p>
      {tiers.length === 0 ? (
        <p class="problem">The calibration cannot be read: nothing acts here.</p>
      ) : (
        <Tiers tiers={tiers} />
      )}
      <h3>Forecast</h3>
      <Forecast forecast={cluster.forecast} />
      <h3>Drift</h3>
      <Drift cluster={cluster} />
      <p class="facts">
        epoch {cluster.epoch}, fold {cluster.version}
      </p>
      <Refits refits={cluster.refits} epoch={cluster.epoch} />
      {cluster.reasons.length > 0 ? (
        <>
          <h3>Why not more</h3>
          <Reasons reasons={cluster.reasons} />
        </>
      ) : (
        <p class="facts">Nothing holds this cluster back as a whole: every job is still gated one by one.</p>
      )}
    </section>
  );
}
