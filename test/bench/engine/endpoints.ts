import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { MIGHTY, writeAssembly } from '../../infra/runtime/assembly-fixture.ts';
import { INPUT, inJsonata, inJsonPath, withPasses } from './neutral-machine.ts';

const AT_ONCE = 20;
/** Whichever comes first: a slow peer is not measured for minutes. */
const WARM_UP = { count: 500, ms: 10_000 };
const MEASURED = { count: 4000, ms: 30_000 };
/** For one execution of an endpoint that has nothing else to do; the first one may have to load much. */
const PATIENCE_MS = 60_000;

/** An endpoint does not run the machine as it should. */
class NotExecuted extends Error {
  override readonly name = 'NotExecuted' as const;
}

interface Place {
  readonly client: SFNClient;
  readonly stateMachineArn: string;
}
interface Rate {
  readonly perSecond: number;
  /** Milliseconds, sorted. */
  readonly delays: readonly number[];
}
type Print = (text: string) => void;

/**
 * The neutral machine on this runtime and on each peer, one after the other, through the same SDK client. What an
 * endpoint elsewhere does not have are functions: Pass states stand in the place of its Tasks.
 * @param folder where this runtime keeps its journal
 */
export async function besidePeers(folder: string, peers: readonly string[], print: Print): Promise<void> {
  print(`through the SDK client, its Tasks being Pass, at most ${MEASURED.count} executions, ${AT_ONCE} at a time`);
  const own = await ownEndpoint(folder);
  const name = 'this runtime, journaled';
  const width = Math.max(...[name, ...peers].map(({ length }) => length)) + 2;
  const ours = await measure(own);
  own.close();
  print(`  ${name.padEnd(width)}${inWords(ours)}`);
  for (const peer of peers) {
    try {
      const { language, ...place } = await placeAt(peer);
      const theirs = await measure(place);
      await place.client.send(new DeleteStateMachineCommand(place)).catch(() => {});
      place.client.destroy();
      const times = (ours.perSecond / theirs.perSecond).toFixed(1);
      print(`  ${peer.padEnd(width)}${inWords(theirs)}; ours is ${times} times that${language}`);
    } catch (error) {
      print(`  ${peer.padEnd(width)}not measured: ${why(error)}`);
    }
  }
}

const Own = z.object({
  url: z.string(),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  machine: z.string(),
});

/** This runtime as an endpoint: it loads its machines from an assembly instead of making them. */
async function ownEndpoint(folder: string): Promise<Place & { close(): void }> {
  const Machine = {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: { StateMachineName: 'neutral', RoleArn: MIGHTY, DefinitionString: withPasses(inJsonata) },
  };
  const settings = [writeAssembly({ App: { resources: { Machine } } }), join(folder, 'endpoint')];
  const child = fork(fileURLToPath(new URL('./own-endpoint.ts', import.meta.url)), settings);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the endpoint ended before it was ready')));
  const [ready] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  const { url, credentials, machine } = Own.parse(ready);
  const client = new SFNClient({ endpoint: url, region: 'us-east-1', credentials });
  const close = () => {
    client.destroy();
    child.disconnect();
  };
  return { client, stateMachineArn: machine, close };
}

/**
 * Makes the machine at an endpoint and sees it through once: in JSONata, as on this runtime, or else in JSONPath.
 * @throws NotExecuted when neither runs to its end
 */
async function placeAt(endpoint: string): Promise<Place & { language: string }> {
  const credentials = {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? 'test',
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? 'test',
  };
  const client = new SFNClient({ endpoint, region: process.env.AWS_REGION ?? 'us-east-1', credentials });
  const refused: string[] = [];
  for (const [form, machine] of Object.entries({ JSONata: inJsonata, JSONPath: inJsonPath })) {
    try {
      const made = await client.send(
        new CreateStateMachineCommand({
          ...{ name: `neutral-${form}-${Date.now()}`, definition: withPasses(machine) },
          roleArn: process.env.AWS_ROLE_ARN ?? 'arn:aws:iam::000000000000:role/bench',
        }),
      );
      const place = { client, stateMachineArn: made.stateMachineArn ?? '' };
      await one(place);
      return { ...place, language: refused.length === 0 ? '' : ` (in ${form}, for ${refused.join('; ')})` };
    } catch (error) {
      refused.push(`in ${form} it fails: ${why(error)}`);
    }
  }
  client.destroy();
  throw new NotExecuted(refused.join('; '));
}

/** The code of a refused connection is in the first of several errors. */
const Refusal = z.object({ errors: z.array(z.instanceof(Error)).min(1) }).transform(({ errors }) => errors[0]);
function why(error: unknown): string {
  const told = Refusal.safeParse(error).data ?? error;
  return told instanceof Error ? `${told.name}: ${told.message}`.slice(0, 200) : String(told);
}

/** One execution, from StartExecution to the first DescribeExecution that says it has ended: how long in milliseconds. */
async function one({ client, stateMachineArn }: Place): Promise<number> {
  const from = performance.now();
  // Not every peer makes a name itself, as AWS does.
  const started = new StartExecutionCommand({ stateMachineArn, input: INPUT, name: randomUUID() });
  const { executionArn } = await client.send(started);
  for (;;) {
    const { status, output, error, cause } = await client.send(new DescribeExecutionCommand({ executionArn }));
    const taken = performance.now() - from;
    if (status === 'SUCCEEDED') {
      if (JSON.stringify(JSON.parse(output ?? 'null')) === INPUT) return taken;
      throw new NotExecuted(`the output is ${output} instead of ${INPUT}`);
    }
    if (status !== 'RUNNING') throw new NotExecuted(`an execution is ${status}, ${error}: ${cause}`);
    if (taken > PATIENCE_MS) throw new NotExecuted(`an execution is still running after ${PATIENCE_MS / 1000} s`);
    await sleep(5);
  }
}

async function measure(place: Place): Promise<Rate> {
  const many = async ({ count, ms }: typeof MEASURED): Promise<Rate> => {
    const delays: number[] = [];
    const from = performance.now();
    let left = count;
    const lane = async () => {
      while (left-- > 0 && performance.now() - from < ms) delays.push(await one(place));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    const perSecond = (1000 * delays.length) / (performance.now() - from);
    return { perSecond, delays: delays.sort((a, b) => a - b) };
  };
  await many(WARM_UP);
  return many(MEASURED);
}

function inWords({ perSecond, delays }: Rate): string {
  const at = (share: number) => `${(delays[Math.floor(share * (delays.length - 1))] ?? Number.NaN).toFixed(0)} ms`;
  const rate = perSecond.toFixed(perSecond < 10 ? 1 : 0).replace(/\B(?=(\d{3})+$)/, ',');
  return `${rate} executions a second, p50 ${at(0.5)}, p99 ${at(0.99)}`;
}
