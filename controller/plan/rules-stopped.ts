import type { Reason } from '../model/reason.ts';
import type { StopCause } from '../model/run.ts';
import { stopStep } from './stop.ts';
import { dependentsFirst } from './rules-absent.ts';
import { reported } from './drift.ts';
import { isApproved, mayChangeNow, waitsFor, type Facts } from './input.ts';
import { hold, settled, type Rule, type Verdict } from './verdict.ts';
import { commitText } from './words.ts';

/** It should be there or not, but not run: held down by a person, or stopped by the file. */
export const stoppedRules: readonly Rule<Facts>[] = [
  {
    id: 'held-down',
    why: 'down typed by a person needs no further protection.',
    decide: (facts) =>
      facts.held('down') ? rest(facts, 'HeldDown', 'kept stopped; mlenv up starts it') : null,
  },
  {
    id: 'held-idle',
    why: 'Nobody used it; its cards stay its own for a while.',
    decide: (facts) =>
      facts.held('idle')
        ? rest(
            facts,
            'HeldIdle',
            `stopped, as nobody used it${facts.idle.heldText}; mlenv up starts it`,
          )
        : null,
  },
  {
    id: 'held-lifetime',
    why: 'Its maxLifetime was over; its cards stay its own for a while.',
    decide: (facts) =>
      facts.held('lifetime')
        ? rest(
            facts,
            'HeldLifetime',
            `stopped, as its maxLifetime was over${facts.idle.heldText}; mlenv up starts it`,
          )
        : null,
  },
  {
    id: 'not-yet-started',
    why: 'To put a file into a watched folder is not yet to ask for it; what runs was asked for.',
    decide: ({ held, live }) =>
      held('unstarted') && !live
        ? hold('NotYetStarted', 'found in a watched folder; mlenv up starts it')
        : null,
  },
  {
    id: 'rebuilt',
    why: 'A record that was lost cannot say whether somebody had stopped this; so it stays.',
    decide: (facts) =>
      facts.held('rebuilt') && !facts.live
        ? rest(facts, 'Rebuilt', 'not running when the record was rebuilt; mlenv up starts it')
        : null,
  },
  {
    id: 'started-by-hand',
    why: 'driftPolicy: report leaves what hands did.',
    decide: ({ wish, live, reportsDrift }) =>
      wish.kind === 'wanted' && wish.environment.state === 'stopped' && live && reportsDrift
        ? reported('started by hand, with docker, although the file says state: stopped')
        : null,
  },
  {
    id: 'stopped-by-file-protected',
    why: 'A change never kills a training, and state: stopped is a change.',
    decide: (facts) =>
      facts.wish.kind === 'wanted' &&
      facts.wish.environment.state === 'stopped' &&
      facts.live &&
      !mayChangeNow(facts) &&
      !isApproved(facts)
        ? hold(
            'UpdatePending',
            `state: running → stopped${commitText(facts.commit)}; ${waitsFor(facts)}`,
          )
        : null,
  },
  {
    id: 'stopped-by-file',
    why: 'state: stopped is the wish.',
    decide: (facts) =>
      facts.wish.kind === 'wanted' && facts.wish.environment.state === 'stopped'
        ? rest(facts, 'Stopped', 'stopped, as the file says')
        : null,
  },
  {
    id: 'unresolved',
    why: 'Without its values the text is no wish; what runs goes on running.',
    decide: ({ wish }) => (wish.kind === 'unresolved' ? hold(wish.reason, wish.message) : null),
  },
];

const causes = {
  HeldDown: 'down',
  HeldIdle: 'idle',
  HeldLifetime: 'lifetime',
  Rebuilt: 'rebuilt',
  Stopped: 'state',
} as const satisfies Partial<Record<Reason, StopCause>>;

const rest = (facts: Facts, reason: keyof typeof causes, message: string): Verdict => {
  const { container, live, snapshot, record } = facts;
  if (live && container !== null) {
    if (snapshot.dependentsRunning.length > 0) return dependentsFirst(snapshot.dependentsRunning);
    return stopStep(facts, causes[reason], { why: message, reason: 'Stopping' });
  }
  const { cardsUntil } = facts.idle;
  const isOwnHold = reason === 'HeldIdle' || reason === 'HeldLifetime';
  if (isOwnHold && cardsUntil !== null && cardsUntil > facts.now && record.grantedAt !== null) {
    return hold(reason, message, { decision: 'rest', lookAgainAfterMs: cardsUntil - facts.now });
  }
  const more = {
    decision: 'rest' as const,
    ...(record.grantedAt === null && record.nextAttemptAt === null
      ? {}
      : { patch: { grantedAt: null, nextAttemptAt: null } }),
  };
  return reason === 'Stopped' ? settled(reason, message, more) : hold(reason, message, more);
};
