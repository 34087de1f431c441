import type { Random } from '../../../infra/demo/simulator/random.ts';
import { signedClick } from '../../bench/crash/signed-click.ts';
import { type Kind, pick, trying } from '../kind.ts';

type Request = { what: string; body: string; headers: Record<string, string> };

const TIMESTAMP = 'x-slack-request-timestamp';
const SIGNATURE = 'x-slack-signature';

/** Changes made to a click that was signed as it should be; none of them may count. */
const FORGERIES: readonly [string, (click: Request, random: Random) => Request][] = [
  ['without a signature', (click) => ({ ...click, headers: without(click.headers, SIGNATURE) })],
  ['without a time', (click) => ({ ...click, headers: without(click.headers, TIMESTAMP) })],
  ['of ten minutes ago', (click) => ({ ...click, headers: { ...click.headers, [TIMESTAMP]: secondsAgo(600) } })],
  ['of a time that is no number', (click) => ({ ...click, headers: { ...click.headers, [TIMESTAMP]: '1e9' } })],
  ['with another body', (click) => ({ ...click, body: click.body.replace('U02ADAAPPROVER', 'U02BENAPPROVER') })],
  ['with one byte changed', (click, random) => ({ ...click, body: withOneChange(click.body, random) })],
  [
    'with one digit of the signature changed',
    (click, random) => ({ ...click, headers: { ...click.headers, [SIGNATURE]: withOtherDigit(click, random) } }),
  ],
  [
    'with a signature of another version',
    (click) => ({ ...click, headers: { ...click.headers, [SIGNATURE]: 'v1=0' } }),
  ],
];

/** Clicks that Slack has not signed are refused, every one, and none of them is an error of ours. */
export const clicks: Kind = {
  name: 'clicks',
  about: 'forged and fuzzed clicks: each is answered 401, whatever was changed',
  run: ({ home, random, short }) => {
    const tries = Array.from({ length: short ? 40 : 400 }, (_, i): Request => {
      const { body, headers } = signedClick('approve', `dec_${i}`, 'U02ADAAPPROVER');
      const [what, forge] = pick(random, [
        FORGERIES[0] ?? ['as it is', (click: Request) => click],
        ...FORGERIES.slice(1),
      ]);
      return { ...forge({ what, body, headers }, random), what };
    });
    return trying(tries, async ({ what, body, headers }) => {
      const { status } = await fetch(`${home.url}/slack/interactions`, { method: 'POST', body, headers });
      return status === 401 ? null : `a click ${what} was answered ${status}`;
    });
  },
};

const secondsAgo = (seconds: number) => String(Math.floor(Date.now() / 1000) - seconds);

const without = (headers: Record<string, string>, name: string) =>
  Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name));

function withOneChange(text: string, random: Random): string {
  const at = Math.floor(random() * text.length);
  return `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`;
}

function withOtherDigit({ headers }: Request, random: Random): string {
  const signature = headers[SIGNATURE] ?? '';
  const at = 3 + Math.floor(random() * (signature.length - 3));
  return `${signature.slice(0, at)}${signature[at] === '0' ? '1' : '0'}${signature.slice(at + 1)}`;
}
