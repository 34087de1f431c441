import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { MessageBlocks } from './blocks.ts';

const Message = z.object({
  channel: z.string(),
  ts: z.string(),
  threadTs: z.string().nullable(),
  text: z.string(),
  blocks: MessageBlocks,
  /** Only this user sees it. */
  onlyFor: z.string().nullable(),
  edited: z.boolean(),
});
/** One message as the stand-in stores it: what Slack would show. */
export type Message = z.infer<typeof Message>;

const Kept = z.object({ message: Message, channelName: z.string().optional() });
export type Kept = z.infer<typeof Kept>;

/** Keeps messages across restarts. */
export interface MessageFiles {
  /** Oldest first. */
  all(): Kept[];
  put(kept: Kept): void;
  remove(message: Message): void;
}

/** One file per message, replaced atomically, so that a card is complete or absent whenever the process is killed. */
export function messageFiles(folder: string): MessageFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pathOf = ({ ts }: Message) => join(folder, `${ts}.json`);
  return {
    all: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .sort()
        .flatMap((name) => {
          const kept = Kept.safeParse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
          return kept.success ? [kept.data] : [];
        }),
    put(kept) {
      const path = pathOf(kept.message);
      writeFileSync(`${path}.new`, JSON.stringify(kept), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    remove: (message) => rmSync(pathOf(message), { force: true }),
  };
}
