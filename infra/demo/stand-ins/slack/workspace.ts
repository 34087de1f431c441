import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Access } from '../../../console/access.ts';
import type { Modal } from './blocks.ts';
import { type RateLimit, RateLimits, ResponseUrls, Triggers } from './limits.ts';
import { messageFiles } from './message-files.ts';
import { Messages } from './messages.ts';
import { Misbehaviour } from './misbehaviour.ts';

export interface SlackUser {
  id: string;
  name: string;
}

export interface SlackStandInOptions {
  /** Who may open the page: there anybody who does may click as anybody. */
  access: Access;
  /** Why nobody may click now, in a sentence; null where they may. */
  refusesClicks?: () => Promise<string | null>;
  /** Shown in red on the page. */
  warning?: string | undefined;
  /** A function if it rotates: called for each click. */
  signingSecret: string | (() => string);
  botToken: string;
  /** Where clicks are sent, as configured in a Slack app under "Interactivity". */
  interactionsUrl: string;
  /** Milliseconds; the one clock of the machine. */
  now(): number;
  /** The time of the person at the page, for triggers that live 3 seconds. Default: `now`. */
  handNow?: () => number;
  /** The people the page lets you act as, e.g. the configured approvers. Called for each page load. */
  users?: () => SlackUser[];
  /** Default: one message per second and channel, ten at once. Null for none. */
  rateLimit?: RateLimit | null;
  /** Folder that keeps messages across restarts. By default they are not kept. */
  keptIn?: string;
  fetch?: typeof fetch;
  random?: (bytes: number) => Buffer;
  /** Waits this long in the time of the person at the page. */
  wait?: (ms: number) => Promise<unknown>;
}

export interface OpenModal {
  id: string;
  user: string;
  view: Modal;
  hash: string;
}

/** The state of one workspace, passed to the parts of the stand-in. */
export interface Workspace {
  readonly options: SlackStandInOptions;
  readonly messages: Messages;
  readonly responseUrls: ResponseUrls;
  readonly triggers: Triggers;
  readonly rates: RateLimits;
  readonly misbehaviour: Misbehaviour;
  readonly modals: Map<string, OpenModal>;
  now(): number;
  handNow(): number;
  wait(ms: number): Promise<unknown>;
  /** Unguessable, from `bytes` random bytes. */
  id(bytes: number): string;
  users(): SlackUser[];
  signingSecret(): string;
}

export function newWorkspace(options: SlackStandInOptions): Workspace {
  const { now, random = randomBytes, signingSecret } = options;
  return {
    options,
    messages: new Messages(options.keptIn === undefined ? undefined : messageFiles(options.keptIn)),
    responseUrls: new ResponseUrls(),
    triggers: new Triggers(),
    rates: new RateLimits(options.rateLimit === undefined ? { perSecond: 1, burst: 10 } : options.rateLimit),
    misbehaviour: new Misbehaviour(),
    modals: new Map(),
    now,
    handNow: options.handNow ?? now,
    wait: options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms).unref())),
    id: (bytes) => random(bytes).toString('base64url'),
    users: () => options.users?.() ?? [{ id: 'U0STANDIN', name: 'operator' }],
    signingSecret: () => (typeof signingSecret === 'string' ? signingSecret : signingSecret()),
  };
}

/** Compares secrets in constant time, whatever their lengths. */
export function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
