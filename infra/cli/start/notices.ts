import { GATE, TIERS } from '../../../functions/domain/thresholds.ts';
import type { Verdict } from '../../../schemas/verdict.ts';
import type { Notice } from '../../console/views.ts';
import { evidenceText } from './evidence-text.ts';
import { Milestones, type Said } from './milestones.ts';
import type { Happening } from './plan.ts';

const KEPT = 200;
/** How many jobs that start earlier than they would have are announced for each cluster; the closing table counts them all. */
const EARLIER_TOLD = 3;

/** Words about a tier's outcomes; null where there are none. */
export type TierRecordOf = (clusterId: string, tier: number) => Promise<string | null> | null;

/** What is remembered of one cluster, so that nothing is announced twice, and flicker never. */
interface Memory {
  last: Verdict | null;
  /** Drift was announced, and is not over yet. */
  drifted: boolean;
  /** Version at which drift was last gone; null while it is there. */
  calmSince: number | null;
  readonly milestones: Milestones;
  /** Jobs announced that started earlier than they would have. */
  earlier: number;
}

/**
 * Says when a cluster gains or loses autonomy, from the verdicts of its decisions, and what happens in a simulated one. Going
 * back and forth between acting silently and acting with notice is routine; a tier that is earned or lost, and drift, are news.
 */
export class Notices {
  readonly #clusters = new Map<string, Memory>();
  readonly #notices: Notice[] = [];
  readonly #publish: (notice: Notice) => void;
  readonly #record: TierRecordOf;
  readonly #topOf: (clusterId: string) => number;

  /**
   * @param record what a tier's outcomes come to, in words, where there is more to say than the evidence of the cluster
   * @param topOf the highest tier that has something to do on a cluster
   */
  constructor(
    publish: (notice: Notice) => void,
    record: TierRecordOf = () => null,
    topOf: (clusterId: string) => number = () => TIERS.length,
  ) {
    this.#publish = publish;
    this.#record = record;
    this.#topOf = topOf;
  }

  /** Newest first. */
  list(): readonly Notice[] {
    return this.#notices;
  }

  observe(clusterId: string, verdict: Verdict, atMs: number): void {
    for (const said of this.#news(clusterId, verdict)) this.#put(clusterId, said, atMs);
  }

  /** Something happened in a simulated world. @param asked a human was asked about its job, so it is announced in any case */
  happened({ kind, clusterId, tone, text }: Happening, atMs: number, asked = false): void {
    const memory = this.#memoryOf(clusterId);
    if (kind === 'earlierStart' && !asked && ++memory.earlier > EARLIER_TOLD) return;
    if (kind === 'nodesLost') memory.milestones.mark('it lost nodes');
    if (kind === 'nodesBack') memory.milestones.mark('its nodes came back');
    this.#put(clusterId, { tone, text }, atMs);
  }

  /** About the system and no one cluster. */
  system(said: Said, atMs: number): void {
    this.#put('*', said, atMs);
  }

  #put(clusterId: string, { tone, text, tier }: Said, atMs: number): void {
    const record = tier === undefined ? null : this.#record(clusterId, tier);
    if (record === null) this.#keep({ at: new Date(atMs).toISOString(), clusterId, tone, text });
    else {
      void record
        .catch(() => null)
        .then((more) => {
          this.#keep({
            at: new Date(atMs).toISOString(),
            clusterId,
            tone,
            text: more === null ? text : `${text}; ${more}`,
          });
        });
    }
  }

  #keep(notice: Notice): void {
    this.#notices.unshift(notice);
    this.#notices.length = Math.min(this.#notices.length, KEPT);
    this.#publish(notice);
  }

  #news(clusterId: string, now: Verdict): Said[] {
    const memory = this.#memoryOf(clusterId);
    const before = memory.last;
    memory.last = now;
    const news = [epochNews(clusterId, before, now), driftNews(clusterId, memory, before, now)];
    return [...news, memory.milestones.observe(now)].filter((said) => said !== null);
  }

  #memoryOf(clusterId: string): Memory {
    const known = this.#clusters.get(clusterId);
    if (known !== undefined) return known;
    const milestones = new Milestones(clusterId, this.#topOf(clusterId));
    const memory: Memory = { last: null, drifted: false, calmSince: null, milestones, earlier: 0 };
    this.#clusters.set(clusterId, memory);
    return memory;
  }
}

function epochNews(clusterId: string, before: Verdict | null, { epoch }: Verdict): Said | null {
  // What could not be read says epoch 0, and no cluster goes back to an earlier epoch.
  if (before === null || epoch <= before.epoch) return null;
  const capped = `for its first ${GATE.promotedLabels} outcomes at most act and tell`;
  return { tone: 'warn', text: `epoch ${epoch} of the forecast is in force in ${clusterId}: ${capped}` };
}

function driftNews(clusterId: string, memory: Memory, before: Verdict | null, now: Verdict): Said | null {
  const drifted = now.drift === 'degrade' || now.drift === 'escalate';
  if (drifted) {
    const worse = !memory.drifted || (now.drift === 'escalate' && before?.drift === 'degrade');
    Object.assign(memory, { drifted: true, calmSince: null });
    return worse ? { tone: 'bad', text: `drift in ${clusterId}: ${evidenceText(now)}` } : null;
  }
  if (!memory.drifted) return null;
  memory.calmSince ??= now.version;
  if (now.version - memory.calmSince < GATE.drift.clear) return null;
  memory.drifted = false;
  return { tone: 'good', text: `drift in ${clusterId} is over: ${evidenceText(now)}` };
}
