import type { CalibrationItem } from '../../../schemas/items/calibration.ts';
import { deserialise } from '../../domain/calibration/codec.ts';
import type { CalibrationState } from '../../domain/calibration/state.ts';
import { UnreadableItem } from '../unreadable.ts';
import type { StateReader } from './ports.ts';

/** Item and state of a cluster. @throws UnreadableItem, UnreadableState */
export async function loadState(
  store: StateReader,
  clusterId: string,
): Promise<{ item: CalibrationItem; state: CalibrationState }> {
  const item = await store.loadCalibration(clusterId);
  if (!item) throw new UnreadableItem(`${clusterId} has no calibration`);
  return { item, state: deserialise(item.state) };
}
