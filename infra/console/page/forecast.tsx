import type { ClusterView, ForecastView } from '../views.ts';

const CARRIES: Record<ForecastView['servedBy'], string> = {
  queueWithoutVgac: "the queue's own state; there is no VGAC here",
  queue: "the queue's own state alone; VGAC's probability has not proven useful",
  queueAndVgac: "the queue's own state and VGAC's probability, which has proven useful",
};

const count = (value: number) => value.toLocaleString('en');

/** Which model serves here, what VGAC's probability adds to it, and how the queue is counted. */
export function Forecast({ forecast }: Pick<ClusterView, 'forecast'>) {
  if (forecast === null) return <p class="facts">Nothing of this queue is counted yet.</p>;
  const { servedBy, gain, pending, running, aged, corrected } = forecast;
  return (
    <dl class="figures">
      <div>
        <dt>served by</dt>
        <dd>{CARRIES[servedBy]}</dd>
      </div>
      {servedBy !== 'queueWithoutVgac' && (
        <div>
          <dt>VGAC adds</dt>
          <dd>
            {gain === null ? (
              'not known yet'
            ) : (
              <>
                <b>{gain.mean.toFixed(3)}</b> nats of log loss per label, at least {gain.lower.toFixed(3)}{' '}
                <small>over {count(gain.labels)} labels, with 95 % certainty; above 0 it is let in</small>
              </>
            )}
          </dd>
        </div>
      )}
      <div>
        <dt>queue</dt>
        <dd>
          <b>{count(pending)}</b> pending, <b>{count(running)}</b> running
          {aged > 0 && ` · ${count(aged)} without events for 30 days, counted as gone`}
          {corrected.snapshots > 0 &&
            ` · corrected by ${count(corrected.jobs)} jobs in ${count(corrected.snapshots)} snapshots of the scheduler`}
        </dd>
      </div>
    </dl>
  );
}
