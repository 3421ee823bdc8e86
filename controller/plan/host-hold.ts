import type { HostHold } from '../model/freeze.ts';
import type { KnownSnapshot } from '../model/snapshot.ts';
import type { Step } from '../model/step.ts';
import { hold, type Verdict } from './verdict.ts';

/**
 * Where the host is to stay as it is, all that would be done waits, with who said so or with what would be
 * done. What waits or rests anyway says why it does.
 */
export const unlessHeld = (verdict: Verdict, frozen: HostHold | null): Verdict => {
  if (frozen === null) return verdict;
  const waits = (what: string, more: { readonly needsGrant?: boolean } = {}): Verdict =>
    hold(frozen.reason, nextText(frozen, what), more);
  if (verdict.kind === 'step') {
    return waits(frozen.reason === 'Observing' ? stepText(verdict.step) : verdict.message);
  }
  // It keeps its place among those who ask.
  if (verdict.kind === 'hold' && verdict.needsGrant === true) {
    return waits(
      frozen.reason === 'Observing' ? `ask for what it needs: ${verdict.message}` : verdict.message,
      { needsGrant: true },
    );
  }
  // No pass of the project makes one now.
  if (verdict.reason === 'NetworkPending') {
    return waits(
      frozen.reason === 'Observing'
        ? "make the project's network"
        : "the project's network is made",
    );
  }
  if (verdict.kind === 'hold') return verdict;
  return verdict.forget === true ? waits(forgetText(frozen, verdict.message)) : verdict;
};

/** Who observes tells of the first step of the life itself, and not of the network that it is made in. */
export const withForeseenNetwork = (
  snapshot: KnownSnapshot,
  frozen: HostHold | null,
): KnownSnapshot =>
  frozen?.reason === 'Observing' && snapshot.network === 'absent'
    ? { ...snapshot, network: 'present' }
    : snapshot;

const nextText = ({ reason, message }: HostHold, what: string): string =>
  reason === 'Observing' ? `MLEnv would ${what}` : `${message}. Next: ${what}`;

const forgetText = ({ reason }: HostHold, why: string): string =>
  reason === 'Observing' ? `forget it: ${why}` : why;

/** `create it from app:1`, `start it: it ended with exit code 1` */
const stepText = (step: Step): string =>
  step.why.startsWith(`${step.kind} `) ? step.why : `${doing[step.kind]}: ${step.why}`;

const doing = {
  pull: 'pull its image',
  create: 'create it',
  start: 'start it',
  stop: 'stop it',
  unpause: 'unpause it',
  remove: 'remove its container',
  update: 'change its limits in place',
  disconnect: 'take it off a network',
} as const satisfies Record<Step['kind'], string>;
