import { GATE } from '../../../functions/domain/thresholds.ts';
import type { Verdict } from '../../../schemas/verdict.ts';
import type { Notice } from '../console/views.ts';

const KEPT = 200;

const evidence = ({ ece, n, nullMean }: Verdict) =>
  ece === null
    ? `no ECE yet with n ${n}`
    : `ECE ${ece.toFixed(3)} with n ${n}, a perfect model would show ${nullMean === null ? '–' : nullMean.toFixed(3)}`;

/**
 * Says when a cluster gains or loses autonomy, from the verdicts of its decisions. Going back and forth between acting
 * alone and acting with notice is everyday; crossing into "ask first", and drift, are news.
 */
export class Notices {
  readonly #last = new Map<string, Verdict>();
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
    const before = this.#last.get(clusterId);
    this.#last.set(clusterId, verdict);
    for (const said of [this.#map(clusterId, before, verdict), this.#compare(clusterId, before, verdict)]) {
      if (said === null) continue;
      const notice = { at: new Date(atMs).toISOString(), clusterId, ...said };
      this.#notices.unshift(notice);
      this.#notices.length = Math.min(this.#notices.length, KEPT);
      this.#tell(notice);
    }
  }

  #map(clusterId: string, before: Verdict | undefined, { epoch }: Verdict): Pick<Notice, 'tone' | 'text'> | null {
    // What could not be read says epoch 0, and a map never goes back to an earlier epoch.
    if (before === undefined || epoch <= before.epoch) return null;
    const capped = `for its first ${GATE.promotedLabels} outcomes at most act and tell`;
    return { tone: 'warn', text: `calibration map ${epoch} is in force in ${clusterId}: ${capped}` };
  }

  #compare(clusterId: string, before: Verdict | undefined, now: Verdict): Pick<Notice, 'tone' | 'text'> | null {
    const drifted = now.drift === 'degrade' || now.drift === 'escalate';
    const wasDrifted = before?.drift === 'degrade' || before?.drift === 'escalate';
    if (drifted && before?.drift !== now.drift) {
      const lost = now.scope === 'escalate' ? 'autonomy withdrawn' : 'one scope less';
      return { tone: 'bad', text: `drift in ${clusterId}: ${evidence(now)}; ${lost}` };
    }
    if (wasDrifted && !drifted) return { tone: 'good', text: `drift in ${clusterId} is over: ${evidence(now)}` };
    if (before === undefined || (before.scope === 'escalate') === (now.scope === 'escalate')) return null;
    if (now.scope === 'escalate') {
      const why = now.reasons[0]?.message ?? evidence(now);
      return { tone: 'bad', text: `autonomy withdrawn in ${clusterId}: ${why}` };
    }
    const may = now.scope === 'autonomous' ? 'may act alone' : 'may act and tell';
    return { tone: 'good', text: `${clusterId} ${may}: ${evidence(now)}` };
  }
}
