import type { Message, MessageFiles } from './message-files.ts';

/** The page shows the latest; older ones are dropped, since nobody scrolls that far. */
const KEPT = 500;

/** The messages of the workspace, and when they last changed. */
export class Messages {
  #all: Message[] = [];
  #counter = 0;
  #version = 0;
  readonly #names = new Map<string, string>();
  readonly #files: MessageFiles | undefined;

  /** @param files keeps messages across restarts; without it they are not kept */
  constructor(files?: MessageFiles) {
    this.#files = files;
    for (const { message, channelName } of files?.all() ?? []) {
      this.#all.push(message);
      this.#counter = Math.max(this.#counter, Number(message.ts.split('.')[1]));
      if (channelName !== undefined) this.#names.set(message.channel, channelName);
    }
  }

  get version(): number {
    return this.#version;
  }

  add(message: Omit<Message, 'ts' | 'edited'>, nowMs: number): Message {
    this.#counter += 1;
    // Like Slack's: seconds plus a counter, which makes it the id of the message in its channel.
    const ts = `${Math.floor(nowMs / 1000)}.${String(this.#counter).padStart(6, '0')}`;
    const added = { ...message, ts, edited: false };
    this.#keep(added);
    this.#all.push(added);
    const [oldest] = this.#all;
    if (this.#all.length > KEPT && oldest !== undefined) this.remove(oldest);
    return added;
  }

  find(channel: string, ts: string): Message | undefined {
    return this.#all.find((message) => message.ts === ts && message.channel === channel);
  }

  replace(old: Message, change: Pick<Message, 'text' | 'blocks'>): void {
    const changed = { ...old, ...change, edited: true };
    this.#keep(changed);
    this.#all = this.#all.map((message) => (message.ts === old.ts ? changed : message));
  }

  remove(old: Message): void {
    this.#all = this.#all.filter((message) => message.ts !== old.ts);
    this.#files?.remove(old);
    this.#version += 1;
  }

  /** Newest first. */
  list(): Message[] {
    return [...this.#all].reverse();
  }

  /** The id of a channel given by name or id; the name is kept for the page. */
  channel(given: string): string {
    const id = channelId(given);
    if (id !== given) this.#names.set(id, given.startsWith('#') ? given : `#${given}`);
    return id;
  }

  /** Names of channels, as far as known. */
  names(): Record<string, string> {
    return Object.fromEntries(this.#names);
  }

  /** Nothing is shown that could not be kept, except to one person: that may say that the disk is full. */
  #keep(message: Message): void {
    const channelName = this.#names.get(message.channel);
    try {
      this.#files?.put({ message, ...(channelName !== undefined && { channelName }) });
    } catch (error) {
      if (message.onlyFor === null) throw error;
    }
    this.#version += 1;
  }
}

/** `#gpu-alerts` -> a channel id, the same every time, as Slack answers with ids. */
export function channelId(name: string): string {
  if (/^[CDG][A-Z0-9]{8,}$/.test(name)) return name;
  let hash = 0;
  for (const character of name) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return `C${hash.toString(36).toUpperCase().padStart(8, '0')}`;
}
