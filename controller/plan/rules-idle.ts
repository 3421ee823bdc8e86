import type { Use } from '../model/idle.ts';
import type { Facts, IdleView } from './input.ts';
import { hold, settled, type Rule, type Verdict } from './verdict.ts';

type Judged = NonNullable<IdleView['judged']>;

/**
 * What runs and should not run on for want of use, or as its life is over. The hold is written first and the stop
 * follows from it, so that a crash between the two starts nothing again.
 */
export const idleRules: readonly Rule<Facts>[] = [
  {
    id: 'lifetime-over',
    why: 'maxLifetime is the wish, and it was warned of.',
    decide: ({ live, idle: { judged }, now }) =>
      live && judged !== null && judged.endsAt !== null && judged.endsAt <= now
        ? hold('HeldLifetime', 'its maxLifetime is over', {
            patch: { hold: 'lifetime' },
            lookAgainAfterMs: 0,
          })
        : null,
  },
  {
    id: 'idle-over',
    why: 'What nobody uses is given back, once it was warned of.',
    decide: ({ live, idle: { judged }, now }) =>
      live && judged !== null && stops(judged) && judged.dueAt !== null && judged.dueAt <= now
        ? hold('HeldIdle', `nobody has used it since ${judged.texts.since}`, {
            patch: { hold: 'idle' },
            lookAgainAfterMs: 0,
          })
        : null,
  },
];

const stops = ({ action }: Judged): boolean => action === 'stop' || action === 'release';

/** What is told of one that runs on for now; null: nothing. */
export const idleNews = (
  { idle: { judged }, now }: Facts,
  more: { readonly lookAgainAfterMs?: number },
): Verdict | null => {
  if (judged === null) return null;
  const { dueAt, endsAt, texts } = judged;
  const lookAgain = (at: number): { readonly lookAgainAfterMs: number } => ({
    ...more,
    lookAgainAfterMs: Math.min(more.lookAgainAfterMs ?? Infinity, Math.max(0, at - now)),
  });
  if (endsAt !== null && (dueAt === null || endsAt <= dueAt)) {
    const message = `its maxLifetime is over at ${texts.ends}: it is stopped then, unless mlenv keep`;
    return settled('LifetimeWarned', message, lookAgain(endsAt));
  }
  if (dueAt === null) return null;
  return stops(judged)
    ? settled('IdleWarned', idleText(judged), lookAgain(dueAt))
    : settled('Idle', idleText(judged), more);
};

export const idleText = (judged: Judged): string => {
  const { dueAt, texts } = judged;
  const since = `nobody has used it since ${texts.since}`;
  return dueAt !== null && stops(judged)
    ? `${since}; it is stopped at ${texts.due}, unless it is used or mlenv keep`
    : `${since}${texts.kept}`;
};

export const useText = (use: Use | null): string => uses[use ?? 'unmeasured'];

const uses: Readonly<Record<Use, string>> = {
  gpu: 'its cards are at work',
  cpu: 'it uses the CPU',
  network: 'it sends or receives',
  session: 'a terminal into it is open',
  jupyter: 'its Jupyter server is at work',
  unmeasured: 'its use is not known for long enough yet',
};
