import type * as z from 'zod';
import type { EmittedEvents, EmittedType } from '../../schemas/events/emitted.ts';

/** The bus, for the events of this system. */
export interface EventBus {
  /** @throws when the bus refuses the event: the caller's retry policy repeats it */
  emit<T extends EmittedType>(type: T, detail: z.infer<(typeof EmittedEvents)[T]>): Promise<void>;
}
