import { effectIdOf } from '../../../functions/domain/subject.ts';
import type { CardAction } from '../../../schemas/ports/slack.ts';
import { APPROVERS, OWNER } from './settings.ts';
import { signedClick, signedDenial } from './signed-click.ts';
import type { World } from './world.ts';

/** Those who may answer, and those who try. */
const PEOPLE = [...APPROVERS, ...APPROVERS, OWNER, 'U02STRANGER'];
/** Clicked as often as they stand here. */
const BUTTONS: readonly CardAction[] = ['approve', 'approve', 'approve', 'deny', 'deny', 'undo', 'details'];
/** Of all they do, the share that is a modal sent off, and the share that takes back what was done. */
const MODALS = 0.2;
const UNDONE = 0.15;
/** Cards that are looked at, the newest. */
const LATEST = 8;
/** Of the clicks on Deny, the share that comes too late for a modal. */
const UNTRIGGERED = 0.4;

/** A click to which the system has said that it has taken it. */
export interface Heard {
  readonly approvalId: string;
  readonly by: string;
  readonly what: CardAction | 'denial';
  /** When the answer came, epoch ms. */
  readonly at: number;
  /** Somebody was shown why theirs did not count; only a modal shows that in the answer. */
  readonly refused: boolean;
}

/** People who click on cards, whoever may and may not, and send off modals that they were shown in an earlier life. */
export function createPeople(world: World, random: () => number) {
  const heard: Heard[] = [];
  const counts = { made: 0 };
  const one = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
  const send = async (url: string, what: Heard['what'], approvalId: string, by: string): Promise<void> => {
    const trigger = what === 'deny' && random() < UNTRIGGERED ? undefined : '1.2.3';
    const { body, headers } =
      what === 'denial' ? signedDenial(approvalId, by, 'not now') : signedClick(what, approvalId, by, trigger);
    counts.made += 1;
    try {
      const answer = await fetch(`${url}/slack/interactions`, { method: 'POST', body, headers });
      const refused = (await answer.text()) !== '';
      if (answer.ok) heard.push({ approvalId, by, what, at: Date.now(), refused });
    } catch {
      // Killed before it answered: the click may count or not. People click again.
    }
  };
  return {
    counts,
    get heard(): readonly Heard[] {
      return heard;
    },
    /** Somebody does something; undefined where there is nothing to click on. */
    act(url: string): Promise<void> | undefined {
      const by = one(PEOPLE) ?? OWNER;
      const chance = random();
      const modal = chance < MODALS ? one([...world.modals].slice(-LATEST)) : undefined;
      if (modal !== undefined) return send(url, 'denial', modal, by);
      const done = [...world.cards].filter((id) => {
        const effect = effectIdOf(id, 'asked');
        return world.effects.has(effect) && !world.undone.has(effect);
      });
      const regretted = chance > 1 - UNDONE ? done.at(-1) : undefined;
      if (regretted !== undefined) return send(url, 'undo', regretted, by);
      const card = one([...world.cards].slice(-LATEST));
      return card === undefined ? undefined : send(url, one(BUTTONS) ?? 'approve', card, by);
    },
  };
}
