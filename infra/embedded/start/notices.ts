import { GATE, TIERS } from '../../../functions/domain/thresholds.ts';
import type { Verdict } from '../../../schemas/verdict.ts';
import { shownScope } from '../console/shown-scope.ts';
import type { Notice } from '../console/views.ts';
import { evidenceText } from './evidence-text.ts';

const KEPT = 200;
/** Folded batches, mostly a label each, for which something has to be over before people hear that it is. */
const LASTING = { drift: GATE.drift.clear, tiers: 50 } as const;

type Said = Pick<Notice, 'tone' | 'text'>;

/** What is remembered of one cluster, so that nothing is told twice and no flicker at all. */
interface Memory {
  last: Verdict;
  /** Drift was told, and is not over yet. */
  drifted: boolean;
  /** Version at which drift was last gone; null while it is there. */
  calmSince: number | null;
  /** The highest tier that was told as earned since the cluster last lost its autonomy. */
  highest: number;
  /** Version at which no tier was earned any more; null while one is. */
  lostSince: number | null;
}

/**
 * Says when a cluster gains or loses autonomy, from the verdicts of its decisions. Going back and forth between acting
 * alone and acting with notice is everyday; a tier that is earned, crossing into "ask first", and drift are news.
 */
export class Notices {
  readonly #clusters = new Map<string, Memory>();
  readonly #notices: Notice[] = [];
  readonly #tell: (notice: Notice) => void;

  constructor(tell: (notice: Notice) => void) {
    this.#tell = tell;
  }

  /** Newest first. */
  list(): readonly Notice[] {
    return this.#notices;
  }

  observe(clusterId: string, verdict: Verdict, atMs: number): void {
    for (const said of this.#news(clusterId, verdict)) {
      const notice = { at: new Date(atMs).toISOString(), clusterId, ...said };
      this.#notices.unshift(notice);
      this.#notices.length = Math.min(this.#notices.length, KEPT);
      this.#tell(notice);
    }
  }

  #news(clusterId: string, now: Verdict): Said[] {
    const known = this.#clusters.get(clusterId);
    const memory = known ?? { last: now, drifted: false, calmSince: null, highest: 0, lostSince: null };
    const before = known === undefined ? null : memory.last;
    this.#clusters.set(clusterId, memory);
    memory.last = now;
    const drift = driftNews(clusterId, memory, before, now);
    const scope = drift === null ? scopeNews(clusterId, before, now) : null;
    return [mapNews(clusterId, before, now), drift, scope, tierNews(clusterId, memory, now)].filter(
      (said) => said !== null,
    );
  }
}

function mapNews(clusterId: string, before: Verdict | null, { epoch }: Verdict): Said | null {
  // What could not be read says epoch 0, and a map never goes back to an earlier epoch.
  if (before === null || epoch <= before.epoch) return null;
  const capped = `for its first ${GATE.promotedLabels} outcomes at most act and tell`;
  return { tone: 'warn', text: `calibration map ${epoch} is in force in ${clusterId}: ${capped}` };
}

function driftNews(clusterId: string, memory: Memory, before: Verdict | null, now: Verdict): Said | null {
  const drifted = now.drift === 'degrade' || now.drift === 'escalate';
  if (drifted) {
    const worse = !memory.drifted || (now.drift === 'escalate' && before?.drift === 'degrade');
    Object.assign(memory, { drifted: true, calmSince: null });
    const lost = now.scope === 'escalate' ? 'autonomy withdrawn' : 'one scope less';
    return worse ? { tone: 'bad', text: `drift in ${clusterId}: ${evidenceText(now)}; ${lost}` } : null;
  }
  if (!memory.drifted) return null;
  memory.calmSince ??= now.version;
  if (now.version - memory.calmSince < LASTING.drift) return null;
  memory.drifted = false;
  return { tone: 'good', text: `drift in ${clusterId} is over: ${evidenceText(now)}` };
}

function scopeNews(clusterId: string, before: Verdict | null, now: Verdict): Said | null {
  if (before === null || (before.scope === 'escalate') === (now.scope === 'escalate')) return null;
  const why = now.reasons[0]?.message ?? evidenceText(now);
  if (shownScope(now) === 'learning') return { tone: 'info', text: `${clusterId} is learning again: ${why}` };
  if (now.scope === 'escalate') return { tone: 'bad', text: `autonomy withdrawn in ${clusterId}: ${why}` };
  const may = now.scope === 'autonomous' ? 'may act alone' : 'may act and tell';
  return { tone: 'good', text: `${clusterId} ${may}: ${evidenceText(now)}` };
}

/** Tiers come and go with every few outcomes: a rise is told once, a loss when it lasts. */
function tierNews(clusterId: string, memory: Memory, now: Verdict): Said | null {
  const { earnedTier, version } = now;
  const name = (tier: number): string => TIERS[tier - 1] ?? '';
  if (now.scope === 'escalate') {
    // That the autonomy is gone has been told; what comes back is news again.
    Object.assign(memory, { highest: 0, lostSince: null });
    return null;
  }
  if (earnedTier > 0) memory.lostSince = null;
  if (earnedTier > memory.highest) {
    memory.highest = earnedTier;
    return { tone: 'good', text: `${clusterId} has earned ${name(earnedTier)}: ${evidenceText(now)}` };
  }
  if (earnedTier > 0 || memory.highest === 0) return null;
  memory.lostSince ??= version;
  if (version - memory.lostSince < LASTING.tiers) return null;
  const lost = name(memory.highest);
  Object.assign(memory, { highest: 0, lostSince: null });
  return { tone: 'warn', text: `${clusterId} has lost its tiers, it had earned ${lost}: ${evidenceText(now)}` };
}
