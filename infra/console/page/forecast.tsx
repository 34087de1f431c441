import type { ClusterView, ForecastView } from '../views.ts';

const CARRIES: Record<ForecastView['servedBy'], string> = {
  queueWithoutVgac: "the queue's own state; there is no VGAC here",
  queue: "the queue's own state alone; VGAC's probability has not shown to help",
  queueAndVgac: "the queue's own state and VGAC's probability, which has shown to help",
};

const count = (value: number) => value.toLocaleString('en');

/** Who carries the autonomy here, what VGAC's probability adds to it, and what is counted of the queue. */
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
                <b>{gain.mean.toFixed(3)}</b> nats of log loss a label, at least {gain.lower.toFixed(3)}{' '}
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
          {aged > 0 && ` · ${count(aged)} left unseen after 30 days`}
          {corrected.snapshots > 0 &&
            ` · put right by ${count(corrected.jobs)} jobs in ${count(corrected.snapshots)} snapshots of the scheduler`}
        </dd>
      </div>
    </dl>
  );
}
