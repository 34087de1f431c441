import type { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import { GATE } from '../../domain/thresholds.ts';
import { section } from './blocks.ts';
import type { SlackMessage } from './client.ts';
import { code, prose } from './escape.ts';

/** The message about a refit of the built-in forecast, with the proof behind it. */
export function refitMessage(change: CalibrationPromoted): SlackMessage {
  const { clusterId, epoch, cause, reason, n } = change;
  const headline = cause === 'promoted' ? 'The forecast is refitted' : 'A refit of the forecast is rolled back';
  const gain = (before: number, after: number) => `${before.toFixed(4)} → ${after.toFixed(4)}`;
  const ece = (value: number, [lower, upper]: readonly [number, number]) =>
    `${value.toFixed(4)} [${lower.toFixed(4)}, ${upper.toFixed(4)}]`;
  return {
    text: `${headline} on ${clusterId}`,
    blocks: [
      section(
        `📐 *${headline}* on ${code(clusterId, 130)} (epoch ${epoch})`,
        `served ECE ${ece(change.eceBefore, change.eceBeforeBounds)} → ${ece(change.eceAfter, change.eceAfterBounds)}, log loss ${gain(change.lossBefore, change.lossAfter)} over ${n} labels`,
        prose(reason, 600),
        `at most notify for the next ${GATE.promotedLabels} labels`,
      ),
    ],
  };
}
