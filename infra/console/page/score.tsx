import { GATE } from '../../../functions/domain/thresholds.ts';
import type { ClusterView } from '../views.ts';

const { score: LIMITS, minimumLabels } = GATE;
const percent = (share: number) => `${Math.round(100 * share)}%`;

/** Score over time, with the gate's two limits behind it: act and notify, and act autonomously. */
export function ScoreChart({ history }: { history: ClusterView['history'] }) {
  const width = 600;
  const height = 96;
  const points = history.filter((point) => point.score !== null);
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) {
    return <div class="chart none">The score appears after the first {minimumLabels} outcomes.</div>;
  }
  const from = Date.parse(first.at);
  const span = Math.max(1, Date.parse(last.at) - from);
  const x = (at: string) => ((Date.parse(at) - from) / span) * width;
  // Room for the line itself at the top and for the scopes granted at the bottom.
  const y = (score: number) => 4 + (1 - score) * (height - 12);
  const line = points.map((point) => `${x(point.at).toFixed(1)},${y(point.score ?? 0).toFixed(1)}`).join(' ');
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label="Score over time"
    >
      <rect class="zone autonomous" x="0" y="0" width={width} height={y(LIMITS.autonomous)} />
      <rect
        class="zone notify"
        x="0"
        y={y(LIMITS.autonomous)}
        width={width}
        height={y(LIMITS.notify) - y(LIMITS.autonomous)}
      />
      <rect class="zone escalate" x="0" y={y(LIMITS.notify)} width={width} height={height - y(LIMITS.notify)} />
      {points.slice(1).map((point, index) => {
        const before = points[index] ?? point;
        return (
          <line
            key={point.at}
            class={`granted ${point.scope}`}
            x1={x(before.at)}
            x2={x(point.at)}
            y1={height - 2}
            y2={height - 2}
          />
        );
      })}
      <polyline points={line} />
    </svg>
  );
}

export function ScoreBar({ score }: { score: number | null }) {
  return (
    <div class="scorebar" role="img" aria-label={score === null ? 'no score yet' : `score ${score.toFixed(2)}`}>
      <span class="zone escalate" style={{ width: percent(LIMITS.notify) }} />
      <span class="zone notify" style={{ width: percent(LIMITS.autonomous - LIMITS.notify) }} />
      <span class="zone autonomous" style={{ width: percent(1 - LIMITS.autonomous) }} />
      {score !== null && <b style={{ left: `${Math.min(100, Math.max(0, score * 100))}%` }} />}
    </div>
  );
}
