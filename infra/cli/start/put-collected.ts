import { COLLECTOR_SOURCE } from '../../../schemas/events/collector.ts';
import { BUS_NAME } from '../../aws/names.ts';
import type { CollectorEvent } from '../../demo/feed/timeline.ts';
import type { System } from '../../runtime/system.ts';

/** At most this many entries fit into one PutEvents. */
const PUT_LIMIT = 10;

/** The bus refused a collector's event. */
export class EventRefused extends Error {
  override readonly name = 'EventRefused' as const;
}

/** Puts collector events on the bus, as many at a time as it takes. Throws EventRefused. */
export function putCollected(system: Pick<System, 'putEvents'>, events: readonly CollectorEvent[]): void {
  for (let from = 0; from < events.length; from += PUT_LIMIT) {
    const { Entries } = system.putEvents(
      events.slice(from, from + PUT_LIMIT).map(({ type, detail }) => ({
        EventBusName: BUS_NAME,
        Source: COLLECTOR_SOURCE,
        DetailType: type,
        Detail: JSON.stringify(detail),
      })),
    );
    const refused = Entries.find(({ ErrorCode }) => ErrorCode !== undefined);
    if (refused) throw new EventRefused(`${refused.ErrorCode}: ${refused.ErrorMessage ?? 'no reason given'}`);
  }
}
