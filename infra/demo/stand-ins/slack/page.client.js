// Runs in the browser. Everything shown comes from messages, so it is only ever set as text, never as HTML.
const { base, token } = document.body.dataset;
const at = (id) => document.getElementById(id);
const [status, list, me, mood, channels, title, dialog] = [
  'status',
  'messages',
  'user',
  'mood',
  'channels',
  'channel',
  'modal',
].map(at);
let shown = '';
let current = decodeURIComponent(location.hash.slice(1)) || null;
let openView = null;

function element(name, content = [], attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...content);
  return made;
}

const plain = (text) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
const nameOf = (id) => [...me.options].find(({ value }) => value === id)?.text.replace(/ \([^(]*\)$/, '') ?? id;

/** The content of angle brackets: people, groups, links. A ping is highlighted as in Slack. */
function angled(inside) {
  const [target, label] = inside.split('|', 2);
  if (target.startsWith('@')) return element('span', [`@${nameOf(target.slice(1))}`], { className: 'mention' });
  if (target.startsWith('!')) return element('span', [`@${label ?? target.slice(1)}`], { className: 'mention ping' });
  if (!/^https?:/.test(target)) return plain(`<${inside}>`);
  return element('a', [plain(label ?? target)], { href: plain(target), rel: 'noreferrer', target: '_blank' });
}

const SPANS = [
  [/^`[^`]+`$/, (text) => element('code', [plain(text.slice(1, -1))])],
  [/^\*[^*]+\*$/, (text) => element('strong', rich(text.slice(1, -1)))],
  [/^_[^_]+_$/, (text) => element('em', rich(text.slice(1, -1)))],
  [/^~[^~]+~$/, (text) => element('s', rich(text.slice(1, -1)))],
  [/^<[^>]+>$/, (text) => angled(text.slice(1, -1))],
];

/** Slack's mrkdwn: bold, italics, strike-through, code, mentions, links, line breaks. */
function rich(text) {
  return text
    .split('\n')
    .flatMap((line, index) => [
      ...(index > 0 ? [element('br')] : []),
      ...line
        .split(/(`[^`]+`|<[^>]+>|(?<![\w*])\*[^*\n]+\*(?![\w*])|(?<!\w)_[^_\n]+_(?!\w)|(?<!\w)~[^~\n]+~(?!\w))/)
        .map((part) => SPANS.find(([pattern]) => pattern.test(part))?.[1](part) ?? plain(part)),
    ]);
}

const words = (text) => (text.type === 'mrkdwn' ? rich(text.text) : [text.text]);

async function send(path, body) {
  status.textContent = 'Sending…';
  const answer = await fetch(`${base}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-page-token': token },
    body: JSON.stringify(body),
  }).catch(() => null);
  const said = (await answer?.json().catch(() => null)) ?? {};
  if (answer?.ok) status.textContent = '';
  else if (answer?.status === 401) location.reload();
  else if (answer?.status === 403) status.textContent = 'This page is too old; reload it.';
  else status.textContent = `⚠️ Not accepted: ${said.error ?? 'the stand-in does not respond'}.`;
  await refresh();
  return answer?.ok ? said : null;
}

function press(message, button) {
  const { confirm: ask } = button;
  if (ask && !window.confirm(`${plain(ask.title.text)}\n\n${plain(ask.text.text)}`)) return;
  send('click', { channel: message.channel, ts: message.ts, actionId: button.action_id, userId: me.value });
}

function buttonOf(message, button) {
  const made = element('button', [button.text.text], { type: 'button', className: button.style ?? '' });
  made.dataset.action = button.action_id;
  made.dataset.value = button.value ?? '';
  made.dataset.key = `${message.ts} ${button.action_id}`;
  made.addEventListener('click', () => press(message, button));
  return made;
}

const BLOCKS = {
  section: ({ text, fields = [], accessory }, message) => [
    element('div', text ? words(text) : [], { className: 'text' }),
    ...(fields.length > 0
      ? [
          element(
            'div',
            fields.map((one) => element('div', words(one))),
            { className: 'fields' },
          ),
        ]
      : []),
    ...(accessory ? [buttonOf(message, accessory)] : []),
  ],
  actions: ({ elements }, message) => elements.map((button) => buttonOf(message, button)),
  context: ({ elements }) => elements.map((one) => element('span', words(one))),
  header: ({ text }) => words(text),
  divider: () => [],
};

const blockOf = (message) => (content) =>
  element('div', BLOCKS[content.type]?.(content, message) ?? [], { className: `block ${content.type}` });

function clock(ts) {
  return new Date(Number(ts) * 1000).toISOString().slice(11, 16);
}

function card(message, all) {
  const body =
    message.blocks.length > 0
      ? message.blocks.map(blockOf(message))
      : [element('div', rich(message.text), { className: 'block' })];
  const replies = all.filter(({ threadTs, channel }) => threadTs === message.ts && channel === message.channel);
  const private_ = message.onlyFor
    ? [element('p', [`Only visible to ${nameOf(message.onlyFor)}`], { className: 'private' })]
    : [];
  const head = element(
    'p',
    [
      element('strong', ['VGAC']),
      element('span', ['APP'], { className: 'badge' }),
      element('time', [`${clock(message.ts)} UTC`]),
      ...(message.edited ? [element('span', ['(edited)'], { className: 'edited' })] : []),
    ],
    { className: 'head' },
  );
  const thread =
    replies.length > 0
      ? [
          element(
            'div',
            [
              element('p', [`${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}`], {
                className: 'replies',
              }),
              ...replies.map((reply) => card(reply, all)),
            ],
            { className: 'thread' },
          ),
        ]
      : [];
  const made = element(
    'article',
    [element('div', ['V'], { className: 'avatar' }), element('div', [...private_, head, ...body, ...thread])],
    {
      className: message.onlyFor ? 'ephemeral' : '',
    },
  );
  made.dataset.ts = message.ts;
  return made;
}

/** A dialog as Slack shows it: title, blocks with inputs, and its two buttons. */
function showModal(modal) {
  const view = modal && `${modal.id} ${modal.hash}`;
  if (openView === view) return;
  openView = view;
  if (!modal) return dialog.close();
  const { title: heading, blocks, submit, close } = modal.view;
  const inputs = new Map();
  const faults = new Map();
  const parts = blocks.map((content) => {
    if (content.type !== 'input') return blockOf({ ts: modal.id })(content);
    const { element: input, label, hint, optional } = content;
    const field = element(input.multiline ? 'textarea' : 'input', [], {
      required: !optional,
      placeholder: input.placeholder?.text ?? '',
    });
    if (input.max_length) field.maxLength = input.max_length;
    if (input.min_length) field.minLength = input.min_length;
    field.value = input.initial_value ?? '';
    inputs.set(input.action_id, field);
    const fault = element('small', [], { className: 'fault' });
    faults.set(content.block_id, fault);
    return element('label', [
      `${label.text}${optional ? ' (optional)' : ''}`,
      field,
      ...(hint ? [element('small', [hint.text])] : []),
      fault,
    ]);
  });
  const leave = () => send('modal', { viewId: modal.id, userId: modal.user, what: 'view_closed' });
  const cancel = element('button', [close?.text ?? 'Cancel'], { type: 'button' });
  cancel.addEventListener('click', leave);
  dialog.oncancel = (event) => {
    event.preventDefault();
    leave();
  };
  const form = element('form', [
    element('h2', [heading.text], { id: 'modal-title' }),
    ...parts,
    element('footer', [cancel, ...(submit ? [element('button', [submit.text], { className: 'primary' })] : [])]),
  ]);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const values = Object.fromEntries([...inputs].map(([id, field]) => [id, field.value]));
    const said = await send('modal', { viewId: modal.id, userId: modal.user, what: 'view_submission', values });
    for (const [id, fault] of faults) fault.textContent = said?.errors?.[id] ?? '';
  });
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
}

function showChannels(names, visible) {
  const ids = [...new Set([...Object.keys(names), ...visible.map(({ channel }) => channel)])];
  if (current === null || !ids.includes(current)) current = ids[0] ?? null;
  channels.replaceChildren(
    ...ids.map((id) => {
      const made = element('button', [names[id] ?? id], { type: 'button', className: id === current ? 'current' : '' });
      made.dataset.key = `channel ${id}`;
      made.addEventListener('click', () => {
        current = id;
        refresh();
      });
      return made;
    }),
  );
  title.textContent = current === null ? '#' : (names[current] ?? current);
}

async function refresh() {
  const answer = await fetch(`${base}/messages`).catch(() => null);
  if (answer?.status === 401) return location.reload();
  if (!answer?.ok) {
    status.textContent = 'The stand-in does not respond; is it still running?';
    return;
  }
  const { version, messages, channels: names, modals, misbehaviour } = await answer.json();
  if (document.activeElement !== mood) mood.value = misbehaviour;
  document.body.classList.toggle('unwell', misbehaviour !== 'well');
  showModal(modals.filter(({ user }) => user === me.value).at(-1) ?? null);
  const visible = messages.filter((message) => !message.onlyFor || message.onlyFor === me.value).reverse();
  const key = `${version} ${me.value} ${current}`;
  if (key === shown || visible.length === 0) return;
  showChannels(names, visible);
  shown = `${version} ${me.value} ${current}`;
  const focused = document.activeElement?.dataset?.key;
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const here = visible.filter(({ channel }) => channel === current);
  const known = new Set(here.map(({ ts }) => ts));
  list.replaceChildren(...here.filter(({ threadTs }) => !known.has(threadTs)).map((message) => card(message, here)));
  if (atEnd) list.scrollTop = list.scrollHeight;
  if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

me.addEventListener('change', refresh);
mood.addEventListener('change', () => send('misbehave', { mode: mood.value }));
setInterval(refresh, 1000);
refresh();
