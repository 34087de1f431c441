import * as z from 'zod';
import { parseJson } from '../../../schemas/parse-json.ts';
import { busNameOf } from '../assembly/resources.ts';
import type { Assembly, RuleSpec } from '../assembly/specs.ts';
import { AwsError } from '../aws-error.ts';
import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { Deliver } from './delivery.ts';

/** One entry of PutEvents as it comes over the wire. */
export const PutEventsEntry = z.object({
  EventBusName: z.string().optional(),
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  Detail: z.string().optional(),
  Resources: z.array(z.string()).optional(),
  /** Epoch seconds, as SDKs send it. */
  Time: z.number().optional(),
});
export type PutEventsEntry = z.infer<typeof PutEventsEntry>;

export interface PutEventsAnswer {
  readonly FailedEntryCount: number;
  readonly Entries: readonly { EventId?: string; ErrorCode?: string; ErrorMessage?: string }[];
}

interface BusOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly newId: () => string;
  readonly place: { readonly account: string; readonly region: string };
  readonly deliver: Deliver;
  /** True while so many deliveries are queued that no more events are accepted. */
  readonly busy: () => boolean;
  /** Receives our own failures. */
  readonly report: (message: string) => void;
}

const MAX_REQUEST_BYTES = 256 * 1024;
const MAX_ENTRIES = 10;

export type Bus = ReturnType<typeof createBus>;

/** EventBridge: buses, rules and their targets. */
export function createBus(
  { buses, rules }: Pick<Assembly, 'buses' | 'rules'>,
  { clock, journal, newId, place: { account, region }, deliver, busy, report }: BusOptions,
) {
  /** The envelope that targets see. */
  const envelope = (
    source: string,
    type: string,
    detail: unknown,
    resources: readonly string[] = [],
    at = clock.now(),
  ) => ({
    version: '0',
    id: newId(),
    'detail-type': type,
    source,
    account,
    time: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources,
    detail,
  });
  type BusEvent = ReturnType<typeof envelope>;
  const send = (rule: RuleSpec, event: BusEvent): void => {
    const json = JSON.stringify(event);
    for (const target of rule.targets) deliver({ eventId: event.id, from: rule.arn, target, event: json });
  };
  const publish = (busName: string, event: BusEvent): void => {
    for (const rule of rules) {
      if (rule.enabled && rule.busName === busName && rule.pattern?.(event) === true) send(rule, event);
    }
  };

  const put = (entry: PutEventsEntry): PutEventsAnswer['Entries'][number] => {
    const refused = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
    if (busy()) return refused('ThrottlingException', 'Rate exceeded');
    const missing = (['Source', 'DetailType', 'Detail'] as const).find((name) => !entry[name]);
    const { Source = '', DetailType = '', Detail = '', EventBusName = 'default', Resources, Time } = entry;
    if (missing !== undefined) {
      const why = `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`;
      return refused('InvalidArgument', why);
    }
    if (Source.startsWith('aws.')) return refused('NotAuthorizedForSourceException', 'Not authorized for the source.');
    const detail = parseDetail(Detail);
    if (detail === undefined) return refused('MalformedDetail', 'Detail is malformed.');
    const bus = buses.find(({ name }) => name === busNameOf(EventBusName));
    if (bus === undefined) return refused('InvalidArgument', `Event bus ${EventBusName} does not exist.`);
    const at = new Date(Time === undefined ? clock.now() : Time * 1000).getTime();
    if (Number.isNaN(at)) return refused('InvalidArgument', 'Parameter Time is not valid.');
    const event = envelope(Source, DetailType, detail, Resources, at);
    publish(bus.name, event);
    return { EventId: event.id };
  };

  /** Each entry is answered by itself: a fault of ours in one takes nothing from the others. */
  const putAlways = (entry: PutEventsEntry): PutEventsAnswer['Entries'][number] => {
    try {
      return put(entry);
    } catch (error) {
      report(`an event could not be put: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return { ErrorCode: 'InternalFailure', ErrorMessage: 'The event could not be handled.' };
    }
  };

  return {
    /**
     * Accepts events from outside. Each entry is accepted or refused on its own, with AWS's error codes.
     * @throws AwsError ValidationException for the whole request when it is too large or has no entries
     */
    putEvents(entries: readonly PutEventsEntry[]): PutEventsAnswer {
      if (entries.length < 1 || entries.length > MAX_ENTRIES) {
        throw new AwsError('ValidationException', `Entries must have 1 to ${MAX_ENTRIES} members.`);
      }
      if (entries.reduce((total, entry) => total + sizeOf(entry), 0) > MAX_REQUEST_BYTES) {
        throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
      }
      const answers = entries.map(putAlways);
      return { FailedEntryCount: answers.filter((answer) => 'ErrorCode' in answer).length, Entries: answers };
    },
    /** An event of the platform itself, e.g. a status change of an execution, on the default bus. */
    emit(source: string, detailType: string, detail: unknown, resources: readonly string[]): void {
      publish('default', envelope(source, detailType, detail, resources));
    },
    /**
     * Starts every enabled rule with a schedule. Ticks missed while the machine was off are delivered as a single
     * late one: a monitor that looks once sees all that the others would have seen.
     */
    startSchedules(): void {
      for (const rule of rules) {
        if (!rule.enabled || rule.schedule === null) continue;
        const { next } = rule.schedule;
        const key = `s${rule.arn}`;
        const recordTick = () => journal.put(key, String(clock.now()));
        const tick = () => {
          recordTick();
          send(rule, envelope('aws.events', 'Scheduled Event', {}, [rule.arn]));
        };
        const [last] = journal.lines(key);
        if (last === undefined) recordTick();
        else if (next(Number(last)) <= clock.now()) clock.at(clock.now(), tick);
        clock.every(next, tick);
      }
    },
    buses,
    rules,
  };
}

/** Size as EventBridge counts it: 14 bytes for a time plus the UTF-8 length of the strings. */
const sizeOf = ({ Time, Source, DetailType, Detail, Resources = [] }: PutEventsEntry): number =>
  (Time === undefined ? 0 : 14) + Buffer.byteLength([Source, DetailType, Detail, ...Resources].join(''));

/** Parses a JSON object; undefined for anything else. */
function parseDetail(text: string): object | undefined {
  try {
    const detail = parseJson(text);
    return typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}
