import type { Block } from './blocks.ts';

/** One message as the stand-in keeps it: what Slack would show. */
export interface Message {
  channel: string;
  ts: string;
  threadTs: string | null;
  text: string;
  blocks: Block[];
  /** Only this user sees it. */
  onlyFor: string | null;
  edited: boolean;
}

/** A page shows the latest; older ones are forgotten, as nobody scrolls that far. */
const KEPT = 500;

/** The messages of the workspace, and when they last changed. */
export class Messages {
  #all: Message[] = [];
  #counter = 0;
  #version = 0;
  #names = new Map<string, string>();

  get version(): number {
    return this.#version;
  }

  add(message: Omit<Message, 'ts' | 'edited'>, nowMs: number): Message {
    this.#counter += 1;
    // Like Slack's: seconds, and a counter that makes it the id of the message in its channel.
    const ts = `${Math.floor(nowMs / 1000)}.${String(this.#counter).padStart(6, '0')}`;
    const added = { ...message, ts, edited: false };
    this.#all = [...this.#all, added].slice(-KEPT);
    this.#version += 1;
    return added;
  }

  find(channel: string, ts: string): Message | undefined {
    return this.#all.find((message) => message.ts === ts && message.channel === channel);
  }

  replace(old: Message, change: Pick<Message, 'text' | 'blocks'>): void {
    this.#all = this.#all.map((message) => (message.ts === old.ts ? { ...message, ...change, edited: true } : message));
    this.#version += 1;
  }

  remove(old: Message): void {
    this.#all = this.#all.filter((message) => message.ts !== old.ts);
    this.#version += 1;
  }

  /** Newest first. */
  list(): Message[] {
    return [...this.#all].reverse();
  }

  /** The id of a channel that is given by name or by id; the name is kept for the page. */
  channel(given: string): string {
    const id = channelId(given);
    if (id !== given) this.#names.set(id, given.startsWith('#') ? given : `#${given}`);
    return id;
  }

  /** What a channel is called, as far as anybody ever said. */
  names(): Record<string, string> {
    return Object.fromEntries(this.#names);
  }
}

/** `#gpu-alerts` -> a channel id, the same every time, as Slack answers with ids. */
export function channelId(name: string): string {
  if (/^[CDG][A-Z0-9]{8,}$/.test(name)) return name;
  let hash = 0;
  for (const character of name) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return `C${hash.toString(36).toUpperCase().padStart(8, '0')}`;
}
