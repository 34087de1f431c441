import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settingsOf } from '../../../infra/cli/connection.ts';
import { announce, runningSystem } from '../../../infra/cli/running-system.ts';
import { accessKeyIn, dataFolderCredentials } from '../../../infra/runtime/wire/credentials.ts';
import { makeKey } from '../../../infra/runtime/wire/key-ring.ts';

const ADDRESSES = { endpoint: 'http://127.0.0.1:4999', console: 'http://127.0.0.1:4998/' };
const LOCAL = 'http://127.0.0.1:4566';
const ON_AWS = { AWS_REGION: 'eu-central-1', AWS_PROFILE: 'ops' };
/** More than any process has. */
const NO_PID = 2 ** 30;
let folder: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'vgac-connection-')), '.vgac');
  mkdirSync(folder);
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

describe('which system a command acts on', () => {
  it('is the one that --endpoint names, whatever the environment says', () => {
    const environment = { ...ON_AWS, AWS_ENDPOINT_URL: 'https://other.example' };
    expect(settingsOf({ endpoint: LOCAL }, environment, folder)).toEqual({ endpoint: LOCAL, region: 'eu-central-1' });
    expect(settingsOf({}, environment, folder)).toMatchObject({ endpoint: 'https://other.example' });
  });

  it('is the one on AWS where the environment says so, also beside a system that runs here', () => {
    announce(folder, ADDRESSES);
    dataFolderCredentials(folder);
    expect(settingsOf({}, ON_AWS, folder)).toEqual({ region: 'eu-central-1' });
    expect(settingsOf({ region: 'us-west-2' }, {}, folder)).toEqual({ region: 'us-west-2' });
    expect(settingsOf({}, { AWS_PROFILE: 'ops' }, folder)).toEqual({});
  });

  it('is the one that runs here where nothing is said, and that is said', () => {
    announce(folder, ADDRESSES);
    const credentials = dataFolderCredentials(folder);
    expect(settingsOf({}, {}, folder)).toEqual({
      endpoint: ADDRESSES.endpoint,
      region: 'us-east-1',
      credentials,
      found: `Using the system that runs on this machine: ${ADDRESSES.endpoint} (${folder}).`,
    });
  });

  it('is left to the files of the SDK where nothing is said and nothing runs', () => {
    writeFileSync(join(folder, 'running.json'), JSON.stringify({ pid: NO_PID, ...ADDRESSES }));
    expect(settingsOf({}, {}, folder)).toEqual({});
  });

  it('is the one of the data folder that --data names, whatever the environment says', () => {
    expect(() => settingsOf({ data: folder }, ON_AWS)).toThrow('start it with npx vgac start --idle --data');
    expect(() => settingsOf({ data: folder, endpoint: LOCAL }, ON_AWS)).toThrow('holds no credentials');
    announce(folder, ADDRESSES);
    const credentials = dataFolderCredentials(folder);
    expect(settingsOf({ data: folder }, ON_AWS)).toEqual({
      endpoint: ADDRESSES.endpoint,
      region: 'eu-central-1',
      credentials,
    });
    expect(settingsOf({ data: folder, endpoint: LOCAL }, ON_AWS)).toMatchObject({ endpoint: LOCAL, credentials });
  });
});

describe('the access key of the data folder', () => {
  it('signs for an endpoint of this machine where the environment names no other', () => {
    const credentials = dataFolderCredentials(folder);
    expect(settingsOf({ endpoint: LOCAL }, {}, folder)).toEqual({ endpoint: LOCAL, region: 'us-east-1', credentials });
    expect(settingsOf({ endpoint: LOCAL }, { AWS_SHARED_CREDENTIALS_FILE: 'x' }, folder)).not.toHaveProperty(
      'credentials',
    );
  });

  it('is the one that reads where that suffices, and that of the operator only for a change', () => {
    const [operator, read] = [dataFolderCredentials(folder), accessKeyIn(makeKey(folder, 'read'))];
    expect(settingsOf({ endpoint: LOCAL }, {}, folder, 'read').credentials).toEqual(read);
    expect(settingsOf({ endpoint: LOCAL, data: folder }, {}, folder, 'read').credentials).toEqual(read);
    expect(settingsOf({ endpoint: LOCAL }, {}, folder, 'change').credentials).toEqual(operator);
    rmSync(join(folder, 'credentials'));
    expect(settingsOf({ endpoint: LOCAL }, {}, folder, 'read').credentials).toEqual(read);
    expect(() => settingsOf({ endpoint: LOCAL, data: folder }, {}, folder, 'change')).toThrow('holds no credentials');
  });

  it('signs for nobody elsewhere', () => {
    dataFolderCredentials(folder);
    expect(settingsOf({ endpoint: 'https://dynamodb.example' }, {}, folder)).not.toHaveProperty('credentials');
  });
});

describe('a running system', () => {
  it('is known until it ends, and a later one on the same folder takes its place', () => {
    expect(runningSystem(folder)).toBeNull();
    const withdraw = announce(folder, ADDRESSES);
    expect(runningSystem(folder)).toEqual({ pid: process.pid, ...ADDRESSES });
    writeFileSync(join(folder, 'running.json'), JSON.stringify({ pid: 1, ...ADDRESSES }));
    withdraw();
    expect(runningSystem(folder)).toMatchObject({ pid: 1 });
  });
});
