import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kind, trying } from '../kind.ts';

const HOST = 'Host: 127.0.0.1';
const get = (path: string, ...headers: string[]) => [`GET ${path} HTTP/1.1`, HOST, 'Connection: close', ...headers];
const post = (path: string, body: string, ...headers: string[]) => [
  ...[`POST ${path} HTTP/1.1`, HOST, 'Connection: close', `Content-Length: ${Buffer.byteLength(body)}`, ...headers],
  '',
  body,
];

/** What a port may be sent by whoever finds it. None of it carries a key. */
const REQUESTS: readonly (readonly string[])[] = [
  get('/'),
  get('/api/overview'),
  get('/api/executions'),
  get('/api/approvals'),
  get('/../../../../etc/passwd'),
  get('/%2e%2e/%2e%2e/%2e%2e/etc/passwd'),
  get('/%'),
  get('/%00'),
  get(`/${'a'.repeat(8_000)}`),
  get('/api/overview', 'Cookie: session=x', 'Authorization: Bearer x'),
  get('/api/overview', 'Origin: https://evil.example', 'Sec-Fetch-Site: cross-site'),
  ['GET /api/overview HTTP/1.1', 'Host: evil.example', 'Connection: close'],
  post('/', '{}', 'X-Amz-Target: DynamoDB_20120810.Scan', 'Content-Type: application/x-amz-json-1.0'),
  post('/', '{}', 'X-Amz-Target: AWSEvents.PutEvents', 'Content-Type: application/x-amz-json-1.1'),
  post('/', '{}', 'X-Amz-Target: AWSStepFunctions.SendTaskSuccess'),
  post('/', '{}', 'X-Amz-Target: constructor.constructor'),
  post('/', '{}', 'Authorization: AWS4-HMAC-SHA256 Credential=A/1/r/s/aws4_request, SignedHeaders=host, Signature=00'),
  post('/approvals/answer', '{"approvalId":"dec_1","action":"approve"}', 'Content-Type: application/json'),
  post('/api/approvals/dec_1/answer', '{"action":"approve"}', 'Content-Type: application/json'),
  post('/slack/interactions', 'payload=%7B%7D'),
  ['BREW / HTTP/1.1', HOST, 'Connection: close'],
  ['GET / HTTP/1.1', HOST, 'Transfer-Encoding: chunked', 'Content-Length: 5', '', 'zz'],
  ['\u0000\u0001\u0002'],
];
const ANSWER_MS = 5_000;
/** What only somebody with a key is shown. */
const SECRET = /"(?:Items|executions|approvals|taskToken)"|root:x:0/;

/** No request without a key is an error of ours, shows what is kept, or ends the system. */
export const requests: Kind = {
  name: 'requests',
  about: 'hostile requests to every port: never a 5xx, never what is kept, and it goes on',
  run: ({ home }) => {
    const tries = home.ports.flatMap((port) => REQUESTS.map((lines) => ({ port, lines })));
    return trying(tries, async ({ port, lines }) => {
      const what = `${lines[0]?.slice(0, 60)} at the port of the ${port === home.ports[0] ? 'endpoint' : 'console'}`;
      const answer = await exchange(port, `${lines.join('\r\n')}\r\n\r\n`);
      if (/^HTTP\/1\.1 5/.test(answer)) return `${what} was answered ${answer.slice(9, 12)}`;
      if (SECRET.test(answer)) return `${what} was shown what is kept`;
      return (await home.isUp()) ? null : `${what} ended the system`;
    });
  },
};

/** Whatever comes back until the other side closes, or nothing. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  const patience = new AbortController();
  await Promise.race([closed, sleep(ANSWER_MS, undefined, { signal: patience.signal }).catch(() => undefined)]);
  patience.abort();
  socket.destroy();
  return answer;
}
