import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type * as z from 'zod';
import { AGENTIC_SOURCE, EmittedEvents, type EmittedType } from '../../../schemas/events/emitted.ts';
import type { EventBus } from '../../application/event-bus.ts';
import { clientSettings } from './client.ts';

const client = new EventBridgeClient(clientSettings());

/** The bus refused the event. Retried by the machine. */
export class EventNotAccepted extends Error {
  override name = 'EventNotAccepted' as const;
}

/**
 * Publishes one event, validated against its schema first.
 * @throws EventNotAccepted when the bus refuses it
 */
export async function emit<T extends EmittedType>(
  busName: string,
  type: T,
  detail: z.infer<(typeof EmittedEvents)[T]>,
): Promise<void> {
  const entry = {
    EventBusName: busName,
    Source: AGENTIC_SOURCE,
    DetailType: type,
    Detail: JSON.stringify(EmittedEvents[type].parse(detail)),
  };
  const answer = await client.send(new PutEventsCommand({ Entries: [entry] }));
  const refused = answer.Entries?.find((result) => result.ErrorCode);
  if (refused) throw new EventNotAccepted(`${type}: ${refused.ErrorCode} ${refused.ErrorMessage ?? ''}`);
}

/** The bus of this name, as a port. */
export function eventBus(busName: string): EventBus {
  return { emit: (type, detail) => emit(busName, type, detail) };
}
