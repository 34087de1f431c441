import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { burst } from './burst.ts';
import { calibration } from './calibration.ts';
import { crash } from './crash.ts';
import { detector } from './detector.ts';
import { neutral } from './engine/neutral.ts';
import { engine } from './engine.ts';
import { tables } from './tables.ts';

/** One thing that is measured. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  run(print: (text: string) => void, options: { readonly peers: readonly string[] }): Promise<void>;
}

const BENCHES: readonly Bench[] = [calibration, detector, engine, burst, crash, neutral, tables];

/** Numbers mean something only beside the machine that gave them. */
function machine(): string {
  const [cpu] = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const model = `${cpu?.model.trim() ?? 'unknown CPU'}, ${availableParallelism()} cores, ${memory}`;
  return `${model} · ${process.platform} ${process.arch} · Node ${process.versions.node}, V8 ${process.versions.v8}`;
}

const { positionals: wanted, values: options } = parseArgs({
  allowPositionals: true,
  // Step Functions endpoints to compare with.
  options: { peer: { type: 'string', multiple: true, default: [] } },
});
const unknown = wanted.filter((name) => !BENCHES.some((bench) => bench.name === name));
if (wanted.length === 0 || unknown.length > 0) {
  for (const name of unknown) console.error(`there is no bench "${name}"`);
  console.error(
    `npm run bench -- NAME... [--peer URL]...\n${BENCHES.map(({ name, about }) => `  ${name}  ${about}`).join('\n')}`,
  );
  process.exitCode = wanted.length === 0 ? 0 : 1;
} else {
  console.log(machine());
  for (const bench of BENCHES.filter(({ name }) => wanted.includes(name))) {
    console.log(`\n${bench.name}: ${bench.about}`);
    await bench.run(console.log, { peers: options.peer });
  }
}
