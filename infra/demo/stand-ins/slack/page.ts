import { readFileSync } from 'node:fs';

const SCRIPT = readFileSync(new URL('./page.client.js', import.meta.url), 'utf8');
const STYLE = readFileSync(new URL('./page.css', import.meta.url), 'utf8');

interface PageOptions {
  /** Path under which the stand-in is mounted. */
  base: string;
  /** Sent back with each click: proves that it comes from this page. */
  token: string;
  nonce: string;
  users: { id: string; name: string }[];
  warning?: string | undefined;
}

/** The faults that the page offers, with the words that follow "Slack". */
const FAULTS: [string, string][] = [
  ['well', 'works'],
  ['down', 'is down (503)'],
  ['slow', 'answers after 5 seconds'],
  ['429', 'limits the rate (429)'],
  ['ok_false:internal_error', 'says internal_error'],
  ['lose_answer', 'does it but loses the answer'],
  ['drop_response_url', 'drops response URLs'],
  ['expired_trigger', 'lets triggers expire'],
  ['redeliver', 'delivers each click twice'],
  ['old_signature', 'sends signatures six minutes old'],
  ['wrong_signature', 'sends wrong signatures'],
];

/** The page itself. It says clearly that it is not Slack and which of Slack's rules it enforces. */
export function page({ base, token, nonce, users, warning }: PageOptions): string {
  const option = (value: string, text: string) => `<option value="${html(value)}">${html(text)}</option>`;
  const people = users.map(({ id, name }) => option(id, `${name} (${id})`)).join('');
  const faults = FAULTS.map(([mode, words]) => option(mode, words)).join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stand-in for Slack</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body data-base="${html(base)}" data-token="${html(token)}">
<aside>
<h1>Stand-in for Slack</h1>
<p>This is not Slack. It shows what your Slack channels would show; its buttons send the same signed requests.</p>
<nav id="channels" aria-label="Channels"></nav>
<label>You are <select id="user">${people}</select></label>
<label>Slack <select id="mood">${faults}</select></label>
<details><summary>Rules it enforces</summary>
<ul>
<li>A click must be acknowledged with 200 within 3 seconds.</li>
<li>A trigger opens one dialog, within 3 seconds.</li>
<li>A response URL works 5 times within 30 minutes.</li>
<li>One message per second and channel, in bursts of up to ten; more get 429. Off while time is simulated.</li>
<li>Block limits: 50 per message, 3,000 characters per section, 2,000 per button value, unique action ids,
24 characters per dialog title.</li>
</ul></details>
</aside>
<main>
${warning === undefined ? '' : `<p class="warning" role="alert">${html(warning)}</p>`}
<header><h2 id="channel">#</h2><p id="status" role="status" aria-live="polite"></p></header>
<div id="messages"><p class="empty">Waiting for the first message. Approval cards appear here when an action needs a human.</p></div>
</main>
<dialog id="modal" aria-labelledby="modal-title"></dialog>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function html(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
