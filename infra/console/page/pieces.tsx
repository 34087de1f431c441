import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { tierName } from '../../../functions/domain/thresholds.ts';
import type { PassedOver } from '../../../schemas/decision.ts';
import type { Reason } from '../../../schemas/verdict.ts';
import type { ShownScope } from '../shown-scope.ts';
import { SCOPE_WORDS } from './format.ts';

export function ScopePill({ scope }: { scope: ShownScope | null }) {
  if (scope === null) return <span class="pill">undecided</span>;
  return (
    <span class={`pill ${scope}`} title={SCOPE_WORDS[scope]}>
      <i aria-hidden="true" />
      {scope}
    </span>
  );
}

const TONES: Record<string, string> = {
  SUCCEEDED: 'good',
  RUNNING: 'live',
  FAILED: 'bad',
  TIMED_OUT: 'bad',
  ABORTED: 'bad',
  acted: 'good',
  heldOut: 'live',
  approved: 'good',
  failed: 'bad',
  refused: 'warn',
  void: 'warn',
  expired: 'warn',
  pending: 'live',
};

export function StatusTag({ status }: { status: string }) {
  return <span class={`tag ${TONES[status] ?? ''}`}>{statusWords(status)}</span>;
}

/** `heldOut` and `TIMED_OUT` as plain words. */
function statusWords(status: string): string {
  return status
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
}

/** The states in the order entered; the last one of a running execution pulses. */
export function Path({ states, running, short }: { states: string[]; running: boolean; short?: boolean }) {
  const shown = short && states.length > 5 ? states.slice(-5) : states;
  return (
    <span class="path">
      {shown.length < states.length && <em title={states.join(' → ')}>…</em>}
      {shown.map((name, index) => {
        const last = index === shown.length - 1;
        return (
          <span key={index} class={`step ${last ? 'last' : ''} ${last && running ? 'breathing' : ''} ${toneOf(name)}`}>
            {name}
          </span>
        );
      })}
    </span>
  );
}

function toneOf(state: string): string {
  if (state === 'Act') return 'acts';
  if (state === 'RequestApproval') return 'asks';
  if (/^(Quarantine|NotAdmitted|NotRecorded)/.test(state)) return 'fails';
  return state.endsWith('?') ? 'question' : '';
}

/** @param neutral the reasons say what was missing, not that anything is wrong */
export function Reasons({ reasons, neutral }: { reasons: Reason[]; neutral?: boolean }) {
  if (reasons.length === 0) return null;
  return (
    <ul class="reasons">
      {reasons.map((reason) => (
        <li key={reason.code} class={neutral || reason.code === 'learning' ? 'learning' : reason.scope}>
          <code>{reason.code}</code>
          <span>{reason.message}</span>
        </li>
      ))}
    </ul>
  );
}

/** The tiers called for and not done, highest first, each with every rule that it failed. */
export function PassedOverTiers({ passedOver }: { passedOver: PassedOver[] }) {
  return (
    <>
      {passedOver.map(({ tier, reasons }) => (
        <div key={tier} class="passed">
          <h3>{tierName(tier)} was passed over</h3>
          <Reasons reasons={reasons} neutral />
        </div>
      ))}
    </>
  );
}

export function Json({ title, value, open }: { title: string; value: unknown; open?: boolean }) {
  const [shown, setShown] = useState(open ?? false);
  const empty = value === null || value === undefined;
  return (
    <details class="json" open={shown} onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary>
        {title}
        <small>{empty ? 'none' : preview(value)}</small>
      </summary>
      {shown && <pre>{JSON.stringify(value ?? null, null, 2)}</pre>}
    </details>
  );
}

function preview(value: unknown): string {
  if (Array.isArray(value)) return `${value.length} items`;
  if (typeof value === 'object' && value !== null) return Object.keys(value).slice(0, 6).join(', ');
  return String(value).slice(0, 60);
}

export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      <p>{children}</p>
    </div>
  );
}

export function Loading() {
  return (
    <div class="empty" aria-busy="true">
      <p>Loading…</p>
    </div>
  );
}

export function Card({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="card">
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

export const executionLink = (name: string) => `#/execution/${encodeURIComponent(name)}`;
