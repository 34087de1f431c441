import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { MessageBlocks, Modal } from './blocks.ts';
import { named } from './interactions.ts';
import type { Mode } from './misbehaviour.ts';
import { same, type Workspace } from './workspace.ts';

const Post = z.object({
  channel: z.string().min(1).max(200),
  text: z.string().max(40_000).default(''),
  blocks: z.unknown().optional(),
  thread_ts: z.string().optional(),
});
const Update = Post.extend({ ts: z.string() });
const Ephemeral = Post.extend({ user: z.string().min(1).max(60) });
const OpenView = z.object({ trigger_id: z.string().min(1).max(255), view: z.unknown().optional() });
const Response = z.object({
  text: z.string().max(40_000).default(''),
  blocks: z.unknown().optional(),
  response_type: z.enum(['ephemeral', 'in_channel']).default('ephemeral'),
  replace_original: z.boolean().default(false),
  delete_original: z.boolean().default(false),
});

type Refusal = { ok: false; error: string };
const no = (error: string): Refusal => ({ ok: false, error });
const isApiFault = (mode: Mode) =>
  mode.startsWith('ok_false:') || ['down', 'slow', '429', 'garbage', 'lose_answer'].includes(mode);

/** The part of the Web API that we use: same names, same arguments, same errors, same limits. */
export function serveWebApi(app: Hono, workspace: Workspace): void {
  const { messages, rates, triggers, modals, now } = workspace;

  const method = <T extends z.ZodType>(
    name: string,
    schema: T,
    work: (body: z.infer<T>) => { ok: true } | Refusal,
    channelOf?: (body: z.infer<T>) => string,
  ) => {
    app.post(`/api/${name}`, (c) =>
      misbehaving(c, workspace, name, async () => {
        const given = c.req.header('authorization');
        if (!given) return c.json(no('not_authed'));
        if (!same(given, `Bearer ${workspace.options.botToken}`)) return c.json(no('invalid_auth'));
        const body = schema.safeParse(await c.req.json().catch(() => null));
        if (!body.success) return c.json(no('invalid_arguments'));
        const seconds = channelOf ? rates.secondsToWait(channelOf(body.data), now()) : null;
        return seconds === null ? c.json(work(body.data)) : rateLimited(c, seconds);
      }),
    );
  };

  method(
    'chat.postMessage',
    Post,
    ({ channel, text, blocks: given, thread_ts }) => {
      const blocks = readBlocks(text, given);
      if (!Array.isArray(blocks)) return blocks;
      const id = messages.channel(channel);
      if (thread_ts !== undefined && !messages.find(id, thread_ts)) return no('thread_not_found');
      const { ts } = messages.add({ channel: id, text, blocks, threadTs: thread_ts ?? null, onlyFor: null }, now());
      return { ok: true, channel: id, ts, message: { type: 'message', text, ts } };
    },
    ({ channel }) => messages.channel(channel),
  );
  method('chat.update', Update, ({ channel, ts, text, blocks: given }) => {
    const message = messages.find(messages.channel(channel), ts);
    if (!message) return no('message_not_found');
    if (message.onlyFor !== null) return no('cant_update_message');
    const blocks = readBlocks(text, given);
    if (!Array.isArray(blocks)) return blocks;
    messages.replace(message, { text, blocks });
    return { ok: true, channel: message.channel, ts, text };
  });
  method('chat.postEphemeral', Ephemeral, ({ channel, text, blocks: given, user, thread_ts }) => {
    if (!workspace.users().some(({ id }) => id === user)) return no('user_not_in_channel');
    const blocks = readBlocks(text, given);
    if (!Array.isArray(blocks)) return blocks;
    const id = messages.channel(channel);
    const added = messages.add({ channel: id, text, blocks, threadTs: thread_ts ?? null, onlyFor: user }, now());
    return { ok: true, message_ts: added.ts };
  });
  method('views.open', OpenView, ({ trigger_id, view: given }) => {
    // As in Slack, the view comes first: an invalid one does not use up the trigger.
    const modal = Modal.safeParse(given);
    if (!modal.success) return no('invalid_arguments');
    const exchanged = triggers.exchange(trigger_id, workspace.handNow());
    if ('error' in exchanged) return no(exchanged.error);
    const view = named(modal.data);
    const opened = { id: `V${workspace.id(8)}`, user: exchanged.user, view, hash: workspace.id(8) };
    modals.set(opened.id, opened);
    return { ok: true, view: { ...view, id: opened.id, hash: opened.hash, team_id: 'T0STANDIN' } };
  });

  app.post('/response/:id', (c) =>
    misbehaving(c, workspace, 'response_url', async () => {
      const target = workspace.responseUrls.use(c.req.param('id'), now());
      if (!target) return c.text('expired_url', 404);
      const body = Response.safeParse(await c.req.json().catch(() => null));
      if (!body.success) return c.text('invalid_payload', 400);
      return respond(workspace, target, body.data) ? c.text('ok') : c.text('invalid_blocks', 400);
    }),
  );
}

function respond(
  { messages, now }: Workspace,
  { channel, ts, user }: { channel: string; ts: string; user: string },
  { text, blocks: given, response_type, replace_original, delete_original }: z.infer<typeof Response>,
): boolean {
  const original = messages.find(channel, ts);
  if (delete_original) {
    if (original) messages.remove(original);
    return true;
  }
  const blocks = readBlocks(text, given);
  if (!Array.isArray(blocks)) return false;
  if (replace_original && original) messages.replace(original, { text, blocks });
  else {
    const onlyFor = response_type === 'ephemeral' ? user : null;
    messages.add({ channel, text, blocks, threadTs: onlyFor === null ? null : ts, onlyFor }, now());
  }
  return true;
}

/** The blocks of a message, an empty list if none are given, or Slack's error for them. */
function readBlocks(text: string, given: unknown): z.infer<typeof MessageBlocks> | Refusal {
  const blocks = MessageBlocks.safeParse(given ?? []);
  if (!blocks.success) return no('invalid_blocks');
  return !text && blocks.data.length === 0 ? no('no_text') : blocks.data;
}

/** Responds with the fault that is set, or does the work. */
async function misbehaving(
  c: Context,
  { misbehaviour, wait }: Workspace,
  method: string,
  work: () => Promise<globalThis.Response>,
): Promise<globalThis.Response> {
  const dropped = method === 'response_url' && misbehaviour.hit(method, (mode) => mode === 'drop_response_url');
  if (dropped) return c.text('no_active_hooks', 404);
  const fault = misbehaviour.hit(method, isApiFault);
  if (!fault) return work();
  const { mode, seconds } = fault;
  if (mode === 'down') return c.text('service unavailable', 503);
  if (mode === '429') return rateLimited(c, seconds ?? 1);
  if (mode === 'garbage') return c.html('<html>Something went wrong</html>');
  if (mode === 'lose_answer') {
    await work();
    return c.text('internal error', 500);
  }
  if (mode === 'slow') {
    await wait((seconds ?? 5) * 1_000);
    return work();
  }
  return c.json(no(mode.slice('ok_false:'.length)));
}

function rateLimited(c: Context, seconds: number): globalThis.Response {
  c.header('retry-after', String(seconds));
  return c.json(no('ratelimited'), 429);
}
