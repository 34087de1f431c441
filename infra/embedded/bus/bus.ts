import * as z from 'zod';
import { busNameOf } from '../assembly/resources.ts';
import type { Assembly, RuleSpec } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Deliver } from './delivery.ts';

/** One entry of PutEvents as it comes over the wire. */
export const PutEventsEntry = z.object({
  EventBusName: z.string().optional(),
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  Detail: z.string().optional(),
  Resources: z.array(z.string()).optional(),
  /** Epoch seconds, as SDKs send it, or ISO 8601. */
  Time: z.union([z.number(), z.string()]).optional(),
});
export type PutEventsEntry = z.infer<typeof PutEventsEntry>;

export interface PutEventsAnswer {
  readonly FailedEntryCount: number;
  readonly Entries: readonly { EventId?: string; ErrorCode?: string; ErrorMessage?: string }[];
}

/** The envelope that targets see. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

interface BusOptions {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly place: { readonly account: string; readonly region: string };
  readonly deliver: Deliver;
  /** So much waits to be delivered that nothing more is taken. */
  readonly busy?: () => boolean;
}

const MAX_REQUEST_BYTES = 256 * 1024;
const MAX_ENTRIES = 10;
const Detail = z.record(z.string(), z.unknown());

export type Bus = ReturnType<typeof createBus>;

/** EventBridge: buses, rules and their targets. */
export function createBus(
  { buses, rules }: Pick<Assembly, 'buses' | 'rules'>,
  { clock, newId, place: { account, region }, deliver, busy = () => false }: BusOptions,
) {
  const send = (rule: RuleSpec, event: BusEvent): void => {
    const json = JSON.stringify(event);
    for (const target of rule.targets) {
      deliver({ eventId: event.id, from: rule.arn, target, payload: target.constant ?? json, event: json });
    }
  };
  const publish = (busName: string, event: BusEvent): void => {
    for (const rule of rules) {
      if (rule.enabled && rule.busName === busName && rule.pattern?.(event) === true) send(rule, event);
    }
  };
  const envelope = (
    source: string,
    type: string,
    detail: unknown,
    resources: readonly string[] = [],
    at = clock.now(),
  ): BusEvent => ({
    ...{ version: '0', id: newId(), 'detail-type': type, source, account },
    ...{ time: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'), region, resources, detail },
  });

  const put = (entry: PutEventsEntry): PutEventsAnswer['Entries'][number] => {
    const refused = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
    if (busy()) return refused('ThrottlingException', 'Rate exceeded');
    const missing = (['Source', 'DetailType', 'Detail'] as const).find((name) => !entry[name]);
    const { Source = '', DetailType = '', Detail: text = '', EventBusName = 'default', Resources, Time } = entry;
    if (missing !== undefined) {
      const why = `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`;
      return refused('InvalidArgument', why);
    }
    if (Source.startsWith('aws.')) return refused('NotAuthorizedForSourceException', 'Not authorized for the source.');
    const detail = parseDetail(text);
    if (detail === undefined) return refused('MalformedDetail', 'Detail is malformed.');
    const bus = buses.find(({ name }) => name === busNameOf(EventBusName));
    if (bus === undefined) return refused('InvalidArgument', `Event bus ${EventBusName} does not exist.`);
    const at = new Date(typeof Time === 'number' ? Time * 1000 : (Time ?? clock.now())).getTime();
    if (Number.isNaN(at)) return refused('InvalidArgument', 'Parameter Time is not valid.');
    const event = envelope(Source, DetailType, detail, Resources, at);
    publish(bus.name, event);
    return { EventId: event.id };
  };

  return {
    /**
     * Takes events from outside. Each entry is accepted or refused by itself, with AWS's codes.
     * @throws AwsError ValidationException for the whole request when it is too large or has no entries
     */
    putEvents(entries: readonly PutEventsEntry[]): PutEventsAnswer {
      if (entries.length < 1 || entries.length > MAX_ENTRIES) {
        throw new AwsError('ValidationException', `Entries must have 1 to ${MAX_ENTRIES} members.`);
      }
      if (entries.reduce((total, entry) => total + sizeOf(entry), 0) > MAX_REQUEST_BYTES) {
        throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
      }
      const answers = entries.map(put);
      return { FailedEntryCount: answers.filter((answer) => 'ErrorCode' in answer).length, Entries: answers };
    },
    /** An event of the platform itself, e.g. a status change of an execution, on the default bus. */
    emit(source: string, detailType: string, detail: unknown, resources: readonly string[]): void {
      publish('default', envelope(source, detailType, detail, resources));
    },
    /** A tick of a scheduled rule. */
    tick: (rule: RuleSpec): void => send(rule, envelope('aws.events', 'Scheduled Event', {}, [rule.arn])),
    buses,
    rules,
  };
}

/** EventBridge's own reckoning: 14 bytes for a time, and the UTF-8 length of the texts. */
function sizeOf({ Time, Source, DetailType, Detail: detail, Resources }: PutEventsEntry): number {
  const texts = [Source, DetailType, detail, ...(Resources ?? [])];
  return texts.reduce((total, text) => total + Buffer.byteLength(text ?? ''), Time === undefined ? 0 : 14);
}

function parseDetail(text: string): Record<string, unknown> | undefined {
  try {
    return Detail.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
