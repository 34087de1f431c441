import { GATE } from '../../../functions/domain/thresholds.ts';
import type { ClusterView } from '../views.ts';

const BANDS: Record<string, string> = {
  none: 'none',
  monitor: 'worth watching',
  degrade: 'one scope less',
  escalate: 'autonomy withdrawn',
};

/** Drift by the present evidence and as announced, the shift of the inputs, and, for information, the detectors. */
export function Drift({ cluster }: { cluster: ClusterView }) {
  const { drift, announced, psi, psiNeeds, alarms, forecast } = cluster;
  const noticeable = psi !== null && psi >= GATE.psi;
  return (
    <dl class="figures">
      <div>
        <dt>drift now</dt>
        <dd>
          <b>{BANDS[drift]}</b>
          {announced !== drift &&
            ` (announced: ${BANDS[announced] ?? announced}, until drift has been absent for ${GATE.drift.clear} labels)`}
        </dd>
      </div>
      {forecast?.servedBy !== 'queueWithoutVgac' && (
        <div>
          <dt>VGAC's p</dt>
          <dd>
            {psi === null ? (
              `PSI needs ${psiNeeds.toLocaleString('en')} more jobs`
            ) : (
              <>
                PSI <b>{psi.toFixed(2)}</b>, {noticeable ? 'noticeable' : 'unchanged'}
              </>
            )}{' '}
            <small>{GATE.psi.toFixed(2)} is noticeable; it gates nothing</small>
          </dd>
        </div>
      )}
      <div>
        <dt>detectors</dt>
        <dd>
          {alarms === '' ? 'no alarms' : alarms} <small>for information; they affect no tier</small>
        </dd>
      </div>
    </dl>
  );
}
