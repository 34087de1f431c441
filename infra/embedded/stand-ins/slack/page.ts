import { readFileSync } from 'node:fs';

const SCRIPT = readFileSync(new URL('./page.client.js', import.meta.url), 'utf8');
const STYLE = readFileSync(new URL('./page.css', import.meta.url), 'utf8');

interface PageOptions {
  /** Path the stand-in is mounted under. */
  base: string;
  /** Sent back with each click: proves that it comes from this page. */
  token: string;
  nonce: string;
  users: { id: string; name: string }[];
}

/** The page itself. It says on its face that it is not Slack. */
export function page({ base, token, nonce, users }: PageOptions): string {
  const options = users
    .map(({ id, name }) => `<option value="${html(id)}">${html(name)} (${html(id)})</option>`)
    .join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stand-in for Slack</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body data-base="${html(base)}" data-token="${html(token)}">
<header>
<h1>Stand-in for Slack</h1>
<p>This is not Slack. It shows the messages that your Slack channel would get, and its buttons send the same signed
requests that Slack would send. Approval cards appear here when an action needs a human.</p>
<label>You are <select id="user">${options}</select></label>
<p id="status" role="status" aria-live="polite"></p>
</header>
<main id="messages"><p>Waiting for the first message.</p></main>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function html(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
