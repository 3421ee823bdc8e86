import { bindsOf, type ObservedContainer } from '../model/container.ts';
import { refusesLimits } from '../model/failure.ts';
import type { Environment } from '../model/environment.ts';
import type { RecordPatch } from '../model/plan.ts';
import { reported } from './drift.ts';
import type { Facts } from './input.ts';
import { refusedStart } from './policy.ts';
import { countedRestarts, endingOf, restartDelayMs, type Ending } from './restart.ts';
import { backingOff, waitForDependencies, waitForSecrets } from './rules-missing.ts';
import { hold, settled, step, type Rule, type Verdict } from './verdict.ts';
import { outOfMemory } from './words.ts';

interface Ended extends Facts {
  readonly container: ObservedContainer;
}

/** A container that is there and does not run, although it should. */
export const endedRules: readonly Rule<Facts>[] = [
  {
    id: 'limits-refused',
    why: 'What failed for a limit that only we asked for is made again without it, at once.',
    decide: ({ container, context, desired }) =>
      container?.state === 'created' &&
      refusesLimits(container.error) &&
      !context.raisesLimits &&
      container.config.ulimits.some(({ name }) => desired?.ulimitsByDefault.includes(name))
        ? step(
            {
              kind: 'remove',
              containerId: container.id,
              volumes: false,
              why: 'to be made again without the default ulimits, which the engine may not raise',
            },
            'Starting',
          )
        : null,
  },
  {
    id: 'start-failed',
    why: 'A container that could not start leaves its name and ports in doubt: it goes, and a new one is tried. Where it has to wait for that, others may have its cards meanwhile.',
    decide: (facts) => {
      const { container, record, settings, now, chance, wish } = facts;
      if (container?.state !== 'created' || container.error === '') return null;
      const message = `start failed: ${container.error}`;
      if (facts.restartPending) {
        return step(
          {
            kind: 'remove',
            containerId: container.id,
            volumes: false,
            why: 'restart asked for by hand: made anew, as this one could not start',
          },
          'Removing',
          // Fulfilled by this: were it kept until a start succeeds, a job that cannot start would be tried for ever.
          { restarts: 0, nextAttemptAt: null, restartRequestedAt: null },
        );
      }
      if (wish.kind === 'wanted' && wish.environment.restart === 'never') {
        return settled('StartFailed', message, {
          decision: 'fail',
          patch: { grantedAt: null, lastFailure: message },
        });
      }
      const delayMs = restartDelayMs(record.restarts, settings, chance);
      return step(
        { kind: 'remove', containerId: container.id, volumes: false, why: message },
        'StartFailed',
        {
          ...(delayMs > 0 ? { grantedAt: null } : {}),
          restarts: record.restarts + 1,
          nextAttemptAt: now + delayMs,
          lastFailure: message,
        },
      );
    },
  },
  {
    id: 'restart-asked',
    why: 'A person who asks waits for no back-off.',
    decide: (facts) =>
      facts.restartPending ? start(facts, 'restart asked for by hand', { restarts: 0 }) : null,
  },
  {
    id: 'never-started',
    why: 'Created and whole: it only needs starting.',
    decide: (facts) => (facts.container?.state === 'created' ? start(facts, 'start it', {}) : null),
  },
  {
    id: 'ended',
    why: 'The restart rule decides.',
    decide: (facts) => {
      const { container, wish } = facts;
      if (container === null || wish.kind !== 'wanted') {
        throw new Error('ended rules are asked of a wanted container that is there');
      }
      const ending = endingOf(container, facts.record, facts.snapshot.outages);
      return afterEnd({ ...facts, container }, wish.environment, ending);
    },
  },
];

const afterEnd = (facts: Ended, wish: Environment, ending: Ending): Verdict => {
  const said = words(ending, wish);
  switch (ending.kind) {
    case 'interrupted':
      return wish.restart === 'never' ? failed(facts, 'Interrupted', said) : start(facts, said, {});
    case 'by-hand':
      if (wish.restart === 'never') return failed(facts, 'Failed', said);
      // Others may have its cards meanwhile.
      return facts.reportsDrift
        ? reported(said, { decision: 'rest', patch: { grantedAt: null } })
        : start(facts, said, {});
    case 'success':
      return wish.restart === 'always'
        ? again(facts, said)
        : settled('Completed', said, { decision: 'complete', patch: over(facts) });
    case 'out-of-memory':
      return wish.restart === 'never' ? failed(facts, 'OutOfMemory', said) : again(facts, said);
    case 'cure':
      return ending.of === 'gpu-lost' ? anew(facts, said) : again(facts, said, 'sick');
    case 'error':
      return wish.restart === 'never' ? failed(facts, 'Failed', said) : again(facts, said);
    default:
      return ending satisfies never;
  }
};

const failed = (
  facts: Facts,
  reason: 'Failed' | 'Interrupted' | 'OutOfMemory',
  said: string,
): Verdict =>
  settled(reason, said, { decision: 'fail', patch: { ...over(facts), lastFailure: said } });

/** It gives its grant back; a restart asked for before this very run is fulfilled by it. */
const over = ({ record }: Facts): RecordPatch => ({
  grantedAt: null,
  ...(record.restartRequestedAt === null ? {} : { restartRequestedAt: null }),
});

/** Restart after an end that counts: the first at once, then later and later. */
const again = (facts: Ended, said: string, run: 'maybe well' | 'sick' = 'maybe well'): Verdict => {
  const { container, record, settings, chance, now } = facts;
  // However long it ran, it was not well.
  const restarts =
    run === 'sick' ? record.restarts : countedRestarts(record.restarts, container, settings);
  const dueAt =
    record.nextAttemptAt ??
    (container.finishedAt ?? now) + restartDelayMs(restarts, settings, chance);
  if (dueAt <= now) {
    return start(facts, said, { restarts: restarts + 1, lastFailure: said });
  }
  const waiting = { ...record, restarts: restarts + 1, nextAttemptAt: dueAt, lastFailure: said };
  const verdict = backingOff({ ...facts, record: waiting });
  if (verdict?.kind !== 'hold') throw new Error('a deadline ahead is a back-off');
  return record.nextAttemptAt === null
    ? { ...verdict, patch: { restarts, nextAttemptAt: dueAt, lastFailure: said } }
    : verdict;
};

/** Its cards come back only with a new container, which has the same ones: what was granted stays. */
const anew = ({ container, record, settings, chance, now }: Ended, said: string): Verdict =>
  step({ kind: 'remove', containerId: container.id, volumes: false, why: said }, 'GpuLost', {
    restarts: record.restarts + 1,
    nextAttemptAt: now + restartDelayMs(record.restarts, settings, chance),
    lastFailure: said,
  });

const start = (facts: Facts, why: string, patch: RecordPatch): Verdict => {
  const { container, desired, granted, snapshot } = facts;
  if (container === null || desired === null) throw new Error('there is something to start');
  const refused = refusedStart(facts, container);
  if (refused !== null) return refused;
  const waiting = waitForDependencies(snapshot.dependencies) ?? waitForSecrets(facts);
  if (waiting !== null) return waiting;
  if (!granted) return hold('Pending', 'asks for admission', { needsGrant: true });
  return step(
    {
      kind: 'start',
      containerId: container.id,
      seed: container.state === 'created' ? desired.seed : null,
      secrets: desired.secrets,
      binds: bindsOf(container.config.mounts),
      why,
    },
    'Starting',
    { nextAttemptAt: null, restartRequestedAt: null, approval: null, ...patch },
  );
};

const words = (ending: Ending, wish: Environment): string => {
  switch (ending.kind) {
    case 'success':
      return 'it ended with exit code 0';
    case 'interrupted':
      return 'the engine or the host went down while it ran';
    case 'by-hand':
      return 'it was stopped by hand, with docker';
    case 'out-of-memory':
      return `${outOfMemory(wish.memoryBytes)} (exit code ${ending.exitCode})`;
    case 'cure':
      return ending.of === 'gpu-lost'
        ? 'it had lost its cards and is made anew'
        : 'it was stopped, as its health check failed';
    case 'error':
      return ending.exitCode === 137
        ? 'it was killed (exit code 137), by a hand or by the kernel; the engine saw no memory limit passed'
        : `it ended with exit code ${ending.exitCode}`;
    default:
      return ending satisfies never;
  }
};
