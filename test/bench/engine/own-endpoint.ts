/** This runtime behind its wire endpoint, journaled, in a process of its own: what a peer is compared with. */
import { realClock } from '../../../infra/runtime/clock/clock.ts';
import { startSystem } from '../../../infra/runtime/system.ts';

const [assemblyDir = '', dataDir = ''] = process.argv.slice(2);
const system = await startSystem({ assemblyDir, dataDir, port: 0, clock: realClock(), log: console.error });
process.on('disconnect', () => process.exit());
process.send?.({ url: system.url, credentials: system.credentials, machine: system.engine.machines()[0]?.arn });
