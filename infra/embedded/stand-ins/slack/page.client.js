// Runs in the browser. Everything shown comes from messages, so it is only ever set as text, never as HTML.
const { base, token } = document.body.dataset;
const status = document.getElementById('status');
const list = document.getElementById('messages');
const me = document.getElementById('user');
let shown = '';

function element(name, content = [], attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...content);
  return made;
}

const plain = (text) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** The part of Slack's mrkdwn that cards use: bold, italics, code, mentions, line breaks. */
function rich(text) {
  return text.split('\n').flatMap((line, index) => [
    ...(index > 0 ? [element('br')] : []),
    ...line.split(/(`[^`]+`|\*[^*]+\*|<@[A-Z0-9]+>)/).map((part) => {
      if (/^`.+`$/.test(part)) return element('code', [plain(part.slice(1, -1))]);
      if (/^\*.+\*$/.test(part)) return element('strong', [plain(part.slice(1, -1))]);
      if (/^<@.+>$/.test(part)) return element('strong', [`@${part.slice(2, -1)}`]);
      return plain(part);
    }),
  ]);
}

async function press(message, button) {
  status.textContent = 'Sending…';
  const answer = await fetch(`${base}/click`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-page-token': token },
    body: JSON.stringify({ channel: message.channel, ts: message.ts, actionId: button.action_id, userId: me.value }),
  });
  const { error } = await answer.json();
  status.textContent = answer.ok
    ? 'Sent.'
    : answer.status === 403
      ? 'This page is too old; reload it.'
      : `Not accepted: ${error}.`;
  await refresh();
}

function block(message, content) {
  if (content.type === 'actions') {
    const buttons = content.elements.map((button) => {
      const made = element('button', [button.text.text], { type: 'button', className: button.style ?? '' });
      made.dataset.action = button.action_id;
      made.dataset.value = button.value;
      made.addEventListener('click', () => press(message, button));
      return made;
    });
    return element('div', buttons);
  }
  return element('p', rich(content.text?.text ?? ''));
}

function card(message, all) {
  const body =
    message.blocks.length > 0
      ? message.blocks.map((content) => block(message, content))
      : [element('p', rich(message.text))];
  const thread = all.filter((reply) => reply.threadTs === message.ts && reply.channel === message.channel).reverse();
  const note = message.onlyFor ? [element('p', [`Only visible to ${message.onlyFor}`], { className: 'private' })] : [];
  return element('article', [...note, ...body, ...thread.map((reply) => card(reply, all))]);
}

async function refresh() {
  const answer = await fetch(`${base}/messages`).catch(() => null);
  if (!answer?.ok) {
    status.textContent = 'The stand-in does not answer; is it still running?';
    return;
  }
  const { version, messages } = await answer.json();
  const visible = messages.filter((message) => !message.onlyFor || message.onlyFor === me.value);
  const key = `${version} ${me.value}`;
  if (key === shown || visible.length === 0) return;
  shown = key;
  list.replaceChildren(...visible.filter((message) => !message.threadTs).map((message) => card(message, visible)));
}

me.addEventListener('change', refresh);
setInterval(refresh, 1000);
refresh();
