import { type Click, type Denial, type Home, readInteraction } from './interaction.ts';
import { requestOnce, type SignedRequest, whyNotSlack } from './signature.ts';

export type Accepted = { kind: 'click'; click: Click } | { kind: 'denial'; denial: Denial };

export type Received =
  | Accepted
  | { kind: 'ignored' }
  /** Authentic, but that it was accepted could not be stored: nothing may be done for it. */
  | { kind: 'notStored'; interaction: Accepted; error: unknown }
  /** `why` goes to the log, never to the sender. */
  | { kind: 'refused'; why: string };

/** Records that a request was accepted. False if it was accepted before. */
type TakeOnce = (request: ReturnType<typeof requestOnce>, now: Date) => Promise<boolean>;

/**
 * Accepts a request that Slack sent for this app, from this workspace, for the first time; everything else is refused with
 * the same answer. Nothing is stored before the signature is verified, and then only that this request was accepted.
 *
 * @param secret the stored signing secret; during a rotation, two
 */
export async function receive(
  { takeOnce, now }: { takeOnce: TakeOnce; now: Date },
  request: SignedRequest,
  secret: string,
  home: Home,
): Promise<Received> {
  const forged = whyNotSlack(request, secret, now);
  if (forged) return { kind: 'refused', why: forged };
  const interaction = readInteraction(request.body, home);
  if (interaction.kind === 'malformed') return { kind: 'refused', why: 'not an interaction' };
  if (interaction.kind === 'foreign') return { kind: 'refused', why: 'another workspace or app' };
  if (interaction.kind === 'ignored') return interaction;
  try {
    const first = await takeOnce(requestOnce(request), now);
    return first ? interaction : { kind: 'refused', why: 'repeated' };
  } catch (error) {
    return { kind: 'notStored', interaction, error };
  }
}
