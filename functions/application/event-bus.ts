import type * as z from 'zod';
import type { EmittedEvents, EmittedType } from '../../schemas/events/emitted.ts';

/** The event bus for this system's own events. */
export interface EventBus {
  /** @throws when the bus refuses the event; the caller's retry policy repeats it */
  emit<T extends EmittedType>(type: T, detail: z.infer<(typeof EmittedEvents)[T]>): Promise<void>;
}
