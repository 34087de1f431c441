import type { Fact } from '../../domain/recalibration/fact.ts';
import { factOf } from '../../domain/recalibration/ledger-facts.ts';
import type { FactReader } from './ports.ts';

/** Part of a ledger: up to a version, at most so many rounds and, if an epoch is named, only since it began. */
interface Part {
  readonly version: number;
  readonly rounds: number;
  readonly sinceEpoch?: number;
}

/** The facts of the newest rounds, in ledger order; immutable, as the ledger is. @throws UnreadableItem, UnreadableState */
export async function newestFacts(store: FactReader, clusterId: string, part: Part): Promise<Fact[]> {
  const newestFirst: Fact[] = [];
  let rounds = 0;
  for await (const { change, entries } of store.readLedgerBackwards(clusterId, part.version)) {
    if (part.sinceEpoch !== undefined && change !== undefined && change.epoch <= part.sinceEpoch) break;
    for (const line of entries.toReversed()) {
      const fact = rounds < part.rounds ? factOf(line) : null;
      if (fact === null) continue;
      newestFirst.push(fact);
      if (fact.kind === 'submitted') rounds += 1;
    }
    if (rounds >= part.rounds) break;
  }
  return newestFirst.reverse();
}
