import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type System, startSystem } from '../../../../infra/runtime/system.ts';
import { dataFolderCredentials, tokenKey } from '../../../../infra/runtime/wire/credentials.ts';
import { openWire } from '../../../../infra/runtime/wire/server.ts';
import { manualClock } from '../../../fixtures/manual-clock.ts';
import { temporaryFolder } from '../assembly-fixture.ts';
import { clients } from '../clients.ts';
import { systemAssembly } from '../system-fixture.ts';

let system: System;
let dataDir: string;

beforeAll(async () => {
  dataDir = temporaryFolder();
  system = await startSystem({
    ...{ assemblyDir: systemAssembly(), dataDir, port: 0, clock: manualClock(0), inMemory: true, log: () => {} },
  });
});
afterAll(() => system.close());

/** A raw request: unlike fetch, it lets a test choose Host and Origin. */
function send(path: string, headers: Record<string, string>, body: string | Buffer = '{}', method = 'POST') {
  return new Promise<{ status: number | undefined; headers: object; text: string }>((resolve, reject) => {
    const outgoing = request(`${system.url}${path}`, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Headers of a request that a stock client really signed. */
async function signedHeaders(type?: string): Promise<Record<string, string>> {
  const aws = clients(system);
  let headers: Record<string, string> = {};
  if (type !== undefined) {
    aws.dynamo.middlewareStack.add(
      (next) => (args) => {
        Object.assign(Object(args.request).headers, { 'content-type': type });
        return next(args);
      },
      { step: 'build' },
    );
  }
  aws.dynamo.middlewareStack.add(
    (next) => (args) => {
      headers = z.object({ headers: z.record(z.string(), z.string()) }).parse(args.request).headers;
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await aws.dynamo.send(new ListTablesCommand({}));
  aws.destroy();
  return headers;
}

describe('the port', () => {
  it('takes a request that a stock client signed', async () => {
    expect(await send('/', await signedHeaders())).toMatchObject({
      status: 200,
      text: expect.stringContaining('rows'),
    });
  });

  it('takes the content type with its charset, and answers a path of two slashes in AWS form', async () => {
    const withCharset = await signedHeaders('application/x-amz-json-1.0; charset=utf-8');
    expect((await send('/', withCharset)).status).toBe(200);
    expect((await send('//', await signedHeaders())).status).toBe(403);
    expect((await send('//', {})).status).toBe(404);
  });

  it.each([
    ['from a web page', { origin: 'https://evil.example' }, 403],
    ['from a sandboxed web page', { origin: 'null' }, 403],
    ['for another host', { host: 'evil.example' }, 403],
    ['for another port of this host', { host: '127.0.0.1:1' }, 403],
    ['of another content type', { 'content-type': 'text/plain' }, 415],
    ['with another header than was signed', { 'x-amz-target': 'DynamoDB_20120810.DeleteTable' }, 403],
    ['with a header of AWS that was not signed', { 'x-amz-security-token': 'more' }, 403],
  ])('refuses a signed request %s', async (_, change, status) => {
    expect((await send('/', { ...(await signedHeaders()), ...change })).status).toBe(status);
  });

  it('refuses a signed request with another body', async () => {
    const headers = await signedHeaders();
    const answer = await send('/', { ...headers, 'content-length': '11' }, '{"Limit":1}');
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('InvalidSignatureException') });
  });

  it.each([
    ['no key', {}, 'MissingAuthenticationTokenException'],
    ['a foreign scheme', { authorization: 'Bearer x' }, 'IncompleteSignatureException'],
  ])('refuses an AWS request with %s', async (_, headers, type) => {
    const answer = await send('/', {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.ListTables',
      ...headers,
    });
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining(type) });
  });

  it.each([
    ['another key', { accessKeyId: 'AKIAOTHEROTHEROTHER0' }, 'UnrecognizedClientException'],
    ['the wrong secret', { secretAccessKey: 'wrong' }, 'InvalidSignatureException'],
  ])('refuses a client with %s', async (_, change, name) => {
    const aws = clients(system, { ...system.credentials, ...change });
    await expect(aws.dynamo.send(new ListTablesCommand({}))).rejects.toMatchObject({ name });
    aws.destroy();
  });

  it.each([
    ['from a web page', { origin: 'https://evil.example' }, '', 403],
    ['for another host', { host: 'evil.example' }, '', 403],
    ['with more than 1 MB', {}, Buffer.alloc(1024 * 1024 + 1), 413],
  ])('refuses a request to a route %s', async (_, headers, body, status) => {
    expect((await send('/web/hook', headers, body)).status).toBe(status);
  });

  it.each([
    ['a preflight', 'OPTIONS', { origin: 'https://evil.example', 'access-control-request-method': 'POST' }],
    ['a preflight for our host', 'OPTIONS', { origin: 'null', 'access-control-request-headers': 'x-amz-target' }],
    ['a form', 'POST', { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' }],
    ['a file form', 'POST', { origin: 'https://evil.example', 'content-type': 'multipart/form-data; boundary=x' }],
    ['a simple request', 'POST', { origin: 'https://evil.example', 'content-type': 'text/plain' }],
    ['an image', 'GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['a page on another port', 'GET', { 'sec-fetch-site': 'same-site' }],
    ['a rebound name', 'GET', { host: 'evil.example:4566', 'sec-fetch-site': 'same-origin' }],
    ['a rebound name without a browser', 'POST', { host: 'localhost.evil.example' }],
  ])('gives a web page nothing: %s', async (_, method, headers) => {
    for (const path of ['/', '/web/hook']) {
      const asked = { 'x-amz-target': 'DynamoDB_20120810.ListTables', ...headers };
      const answer = await send(path, asked, method === 'POST' ? '{}' : '', method);
      expect(answer.status).toBe(403);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
      expect(answer.text).not.toContain('rows');
    }
  });

  it('refuses what a page could send with a stolen signature but not with its content type', async () => {
    const signed = await signedHeaders();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json', '']) {
      expect((await send('/', { ...signed, 'content-type': type })).status).toBe(415);
    }
  });

  it('does not report the breaking off of a request, nor mistakes what comes behind a refused one for another', async () => {
    const said: string[] = [];
    const wire = await openWire({ port: 0, newId: () => '1', report: (message) => void said.push(message) });
    const { host, port } = new URL(wire.url);
    const seen: string[] = [];
    wire.serve({
      ...{ callerOf: () => undefined, call: async () => ({ status: 200, text: '' }) },
      httpApi: async ({ url }) => {
        seen.push(url);
        return { status: 200, headers: {}, body: '' };
      },
    });
    const head = (path: string, ...more: string[]) =>
      `${[`POST ${path} HTTP/1.1`, `Host: ${host}`, ...more].join('\r\n')}\r\n\r\n`;
    const hidden = head('/hidden', 'Content-Length: 0');
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(head('/refused', 'Origin: https://evil.example', `Content-Length: ${hidden.length}`));
    await once(socket, 'data');
    socket.write(hidden + head('/next', 'Content-Length: 0'));
    await once(socket, 'data');
    expect(seen).toEqual(['/next']);
    socket.end(`${head('/broken', 'Content-Length: 9')}body`);
    await once(socket, 'close');
    await wire.close();
    expect({ said, seen }).toEqual({ said: [], seen: ['/next'] });
  });

  it('waits for no body of somebody without a key', async () => {
    const { authorization, ...headers } = await signedHeaders();
    const foreign = { ...headers, authorization: authorization?.replace(/AKIA\w+/, 'AKIAOTHEROTHEROTHER0') ?? '' };
    const outgoing = request(system.url, { method: 'POST', headers: { ...foreign, 'content-length': '16000000' } });
    outgoing.flushHeaders();
    const [response] = await once(outgoing, 'response');
    expect(response.statusCode).toBe(403);
    outgoing.on('error', () => {}).destroy();
  });

  it('has no other paths and no operations it does not know', async () => {
    expect((await send('/web/other', {})).status).toBe(404);
    expect((await send('/web/hook/', {})).status).toBe(404);
    const target = { 'x-amz-target': 'DynamoDB_20120810.constructor', 'content-type': 'application/x-amz-json-1.0' };
    expect((await send('/', target)).status).toBe(403);
  });

  it('keeps its key in a file of AWS format that only the owner reads', () => {
    const file = join(dataDir, 'credentials');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(
      /^\[default]\naws_access_key_id = AKIA[0-9A-F]{16}\naws_secret_access_key = \S{40}\n$/,
    );
    expect(dataFolderCredentials(dataDir)).toEqual(system.credentials);
    expect(dataFolderCredentials(temporaryFolder())).not.toEqual(system.credentials);
  });

  it('refuses a key file that is empty, cut or garbled, and names the file but nothing in it', () => {
    const folder = temporaryFolder();
    tokenKey(folder);
    dataFolderCredentials(folder);
    for (const [name, read] of [['token-key', tokenKey] as const, ['credentials', dataFolderCredentials] as const]) {
      const file = join(folder, name);
      const whole = readFileSync(file, 'utf8');
      expect(statSync(file).mode & 0o777).toBe(0o600);
      for (const text of ['', '\0'.repeat(32), '{}', whole.slice(0, 40), whole.slice(0, -4), '[default]\n']) {
        writeFileSync(file, text);
        expect(() => read(folder)).toThrow(
          expect.objectContaining({
            name: 'KeyUnusable',
            message: expect.stringMatching(
              /^\S+ does not hold a key as vgac makes it: restore the folder .* empties it\.$/,
            ),
          }),
        );
      }
      writeFileSync(file, whole);
      expect(read(folder)).toEqual(read(folder));
    }
  });

  it('refuses a key of tasks in which a single character has changed', () => {
    const folder = temporaryFolder();
    tokenKey(folder);
    const file = join(folder, 'token-key');
    const whole = readFileSync(file, 'utf8');
    for (let at = 0; at < whole.length; at++) {
      writeFileSync(file, `${whole.slice(0, at)}${whole[at] === 'A' ? 'B' : 'A'}${whole.slice(at + 1)}`);
      expect(() => tokenKey(folder)).toThrow(expect.objectContaining({ name: 'KeyUnusable' }));
    }
  });
});
