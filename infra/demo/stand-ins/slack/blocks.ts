import * as z from 'zod';

/** Slack's own limits, from its Block Kit reference: anything larger is refused with `invalid_blocks`. */
const LIMIT = { blocks: 50, viewBlocks: 100, section: 3_000, field: 2_000, label: 75, value: 2_000, id: 255 } as const;

const plain = (max: number) =>
  z.looseObject({ type: z.literal('plain_text'), text: z.string().min(1).max(max), emoji: z.boolean().optional() });
const words = (max: number) =>
  z.union([
    plain(max),
    z.looseObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(max), verbatim: z.boolean().optional() }),
  ]);
const Id = z.string().min(1).max(LIMIT.id);

export const Button = z.looseObject({
  type: z.literal('button'),
  action_id: Id,
  text: plain(LIMIT.label),
  value: z.string().max(LIMIT.value).optional(),
  url: z.string().max(3_000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: z.looseObject({ title: plain(100), text: words(300), confirm: plain(30), deny: plain(30) }).optional(),
});
export type Button = z.infer<typeof Button>;

export const PlainTextInput = z.looseObject({
  type: z.literal('plain_text_input'),
  action_id: Id,
  multiline: z.boolean().optional(),
  min_length: z.number().int().min(0).max(3_000).optional(),
  max_length: z.number().int().min(1).max(3_000).optional(),
  placeholder: plain(150).optional(),
  initial_value: z.string().max(3_000).optional(),
});

const block = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.looseObject({ type: z.literal(type), block_id: Id.optional(), ...shape });

const messageBlocks = [
  block('section', {
    text: words(LIMIT.section).optional(),
    fields: z.array(words(LIMIT.field)).min(1).max(10).optional(),
    accessory: Button.optional(),
  }).refine(({ text, fields }) => text !== undefined || fields !== undefined, 'a section needs text or fields'),
  block('actions', { elements: z.array(Button).min(1).max(25) }),
  block('context', { elements: z.array(words(LIMIT.section)).min(1).max(10) }),
  block('header', { text: plain(150) }),
  block('divider', {}),
] as const;

const InputBlock = block('input', {
  label: plain(2_000),
  element: PlainTextInput,
  hint: plain(2_000).optional(),
  optional: z.boolean().optional(),
});

const MessageBlock = z.union(messageBlocks);
const ViewBlock = z.union([...messageBlocks, InputBlock]);
export type Block = z.infer<typeof ViewBlock>;

/** Action ids and block ids are unique within their message. */
function unique(blocks: readonly Block[]): boolean {
  const ids = blocks.flatMap((one) => (one.block_id === undefined ? [] : [one.block_id]));
  const actions = blocks.flatMap(actionIds);
  return new Set(ids).size === ids.length && new Set(actions).size === actions.length;
}

function actionIds(one: Block): string[] {
  if (one.type === 'actions') return one.elements.map(({ action_id }) => action_id);
  if (one.type === 'section') return one.accessory ? [one.accessory.action_id] : [];
  return one.type === 'input' ? [one.element.action_id] : [];
}

/** Blocks of a message, as Slack accepts them. Block types that this stand-in does not know are refused too. */
export const MessageBlocks = z.array(MessageBlock).max(LIMIT.blocks).refine(unique, 'ids are not unique');

/** A modal as `views.open` accepts it: titles of at most 24 characters, and a submit button if there is an input. */
export const Modal = z
  .looseObject({
    type: z.literal('modal'),
    title: plain(24),
    submit: plain(24).optional(),
    close: plain(24).optional(),
    callback_id: z.string().max(LIMIT.id).default(''),
    private_metadata: z.string().max(3_000).default(''),
    notify_on_close: z.boolean().default(false),
    blocks: z.array(ViewBlock).min(1).max(LIMIT.viewBlocks).refine(unique, 'ids are not unique'),
  })
  .refine(({ blocks, submit }) => submit !== undefined || !blocks.some(({ type }) => type === 'input'), {
    message: 'a modal with an input needs a submit button',
  });
export type Modal = z.infer<typeof Modal>;

/** The button with this id, anywhere in the message. */
export function buttonIn(blocks: readonly Block[], actionId: string): Button | undefined {
  return blocks
    .flatMap((one) => (one.type === 'actions' ? one.elements : one.type === 'section' ? [one.accessory] : []))
    .find((button) => button?.action_id === actionId);
}
