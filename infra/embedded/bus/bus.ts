import * as z from 'zod';
import { busNameOf } from '../assembly/identity.ts';
import type { Assembly, RuleSpec } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Deliver } from './delivery.ts';
import { targetInput } from './target-input.ts';

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
  { clock, newId, place, deliver, busy = () => false }: BusOptions,
) {
  const names = new Set(buses.map(({ name }) => name));

  const publish = (busName: string, event: BusEvent): void => {
    for (const rule of rules) {
      if (rule.enabled && rule.busName === busName && rule.pattern?.(event) === true) send(rule, event);
    }
  };
  const send = (rule: RuleSpec, event: BusEvent): void => {
    for (const target of rule.targets) {
      const payload = targetInput(target.input, event, rule);
      deliver({ eventId: event.id, from: rule.arn, target, payload, event: JSON.stringify(event) });
    }
  };
  const envelope = (
    parts: Pick<BusEvent, 'source' | 'detail-type' | 'detail'> & { time?: string; resources?: readonly string[] },
  ): BusEvent => ({
    version: '0',
    id: newId(),
    'detail-type': parts['detail-type'],
    source: parts.source,
    account: place.account,
    time: parts.time ?? secondsOnly(clock.now()),
    region: place.region,
    resources: parts.resources ?? [],
    detail: parts.detail,
  });

  const put = (entry: PutEventsEntry): PutEventsAnswer['Entries'][number] => {
    const refused = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
    if (busy()) return refused('ThrottlingException', 'Rate exceeded');
    const missing = (['Source', 'DetailType', 'Detail'] as const).find((name) => !entry[name]);
    const { Source = '', DetailType = '', Detail: text = '' } = entry;
    if (missing !== undefined) {
      return refused(
        'InvalidArgument',
        `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`,
      );
    }
    if (Source.startsWith('aws.')) return refused('NotAuthorizedForSourceException', 'Not authorized for the source.');
    const detail = parseDetail(text);
    if (detail === undefined) return refused('MalformedDetail', 'Detail is malformed.');
    const busName = busNameOf(entry.EventBusName ?? 'default');
    if (!names.has(busName)) return refused('InvalidArgument', `Event bus ${busName} does not exist.`);
    const at =
      entry.Time === undefined
        ? clock.now()
        : new Date(typeof entry.Time === 'number' ? entry.Time * 1000 : entry.Time).getTime();
    if (Number.isNaN(at)) return refused('InvalidArgument', 'Parameter Time is not valid.');
    const time = secondsOnly(at);
    const event = envelope({
      source: Source,
      'detail-type': DetailType,
      detail,
      time,
      resources: entry.Resources ?? [],
    });
    publish(busName, event);
    return { EventId: event.id };
  };

  return {
    /**
     * Takes events from outside. Each entry is accepted or refused by itself, with AWS's codes.
     * @throws AwsError ValidationException for the whole request when it is too large or has no entries
     */
    putEvents(entries: readonly PutEventsEntry[]): PutEventsAnswer {
      if (entries.length < 1 || entries.length > MAX_ENTRIES) {
        throw new AwsError(
          'ValidationException',
          `Entries must have 1 to ${MAX_ENTRIES} members, not ${entries.length}.`,
        );
      }
      if (entries.reduce((total, entry) => total + sizeOf(entry), 0) > MAX_REQUEST_BYTES) {
        throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
      }
      const answers = entries.map(put);
      return { FailedEntryCount: answers.filter((answer) => 'ErrorCode' in answer).length, Entries: answers };
    },
    /** An event of the platform itself, e.g. a status change of an execution, on the default bus. */
    emit(source: string, detailType: string, detail: unknown, resources: readonly string[]): void {
      publish('default', envelope({ source, 'detail-type': detailType, detail, resources }));
    },
    /** A tick of a scheduled rule. */
    tick(rule: RuleSpec): void {
      send(
        rule,
        envelope({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {}, resources: [rule.arn] }),
      );
    },
    buses,
    rules,
  };
}

/** EventBridge's own reckoning: 14 bytes for a time, and the UTF-8 length of the texts. */
function sizeOf({ Time, Source, DetailType, Detail: detail, Resources }: PutEventsEntry): number {
  const texts = [Source, DetailType, detail, ...(Resources ?? [])];
  return texts.reduce((total, text) => total + Buffer.byteLength(text ?? ''), Time === undefined ? 0 : 14);
}

function parseDetail(text: string): unknown {
  try {
    const detail: unknown = JSON.parse(text);
    return Detail.safeParse(detail).success ? detail : undefined;
  } catch {
    return undefined;
  }
}

function secondsOnly(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
