import { bindsOf } from '../model/container.ts';
import { refusesLimits } from '../model/failure.ts';
import type { RecordPatch } from '../model/plan.ts';
import { isContinued, type RunEnd } from '../model/run.ts';
import { reported } from './drift.ts';
import type { Facts } from './input.ts';
import { isExhausted } from './failures.ts';
import { limitOf, over, overVerdict } from './over.ts';
import { refusedStart } from './policy.ts';
import { countedRestarts, restartDelayMs } from './restart.ts';
import { startFailedRule } from './rules-start-failed.ts';
import { backingOff, waitForDependencies, waitForSecrets } from './rules-missing.ts';
import { hold, settled, step, type Rule, type Verdict } from './verdict.ts';
import { endText } from './words.ts';

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
  startFailedRule,
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
    why: 'Who ended it and the restart rule decide.',
    decide: (facts) => {
      const end = facts.lastRun?.end ?? null;
      if (end === null || facts.wish.kind !== 'wanted') {
        throw new Error('ended rules are asked of a wanted container that has ended');
      }
      return afterEnd(facts, end);
    },
  },
];

/** What is over was answered before: what comes here is run again, now or later. */
const afterEnd = (facts: Facts, end: RunEnd): Verdict => {
  const said = endText(facts, end);
  const { cause } = end;
  if (isContinued(cause)) return start(facts, said, {});
  switch (cause) {
    case 'interrupted':
      return start(facts, said, {});
    case 'stopped-outside':
    case 'removed-outside':
      // Others may have its GPUs meanwhile.
      return facts.reportsDrift
        ? reported(said, { decision: 'rest', patch: { grantedAt: null } })
        : start(facts, said, {});
    case 'completed':
      return facts.wish.kind === 'wanted' && facts.wish.environment.restart === 'always'
        ? again(facts, end, said)
        : settled('Completed', said, { decision: 'complete', patch: over(facts) });
    case 'out-of-memory':
    case 'failed':
      return again(facts, end, said);
    case 'unhealthy':
    case 'timeout':
      return again(facts, end, said, 'sick');
    case 'gpu-lost':
      return recreated(facts, said);
    case 'mount-changed':
      // Whoever replaces folders may do so in a loop.
      return backingOff(facts) ?? start(facts, said, {});
    default:
      return cause satisfies never;
  }
};

/** Restart after an end that counts: the first at once, then later and later. */
const again = (
  facts: Facts,
  end: RunEnd,
  said: string,
  run: 'maybe well' | 'sick' = 'maybe well',
): Verdict => {
  const { container, record, settings, chance, now } = facts;
  if (isExhausted(limitOf(facts), facts.lastRun)) return overVerdict(facts);
  // However long it ran, it was not well.
  const restarts =
    run === 'sick' ? record.restarts : countedRestarts(record.restarts, container, settings);
  // Nobody can say that no other than itself ended it.
  if (!end.watched && record.nextAttemptAt === null) {
    return start(facts, said, { restarts, lastFailure: said });
  }
  const dueAt =
    record.nextAttemptAt ??
    (container?.finishedAt ?? now) + restartDelayMs(restarts, settings, chance);
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

/** Its GPUs come back only with a new container, which has the same ones: what was granted stays. */
const recreated = (facts: Facts, said: string): Verdict => {
  const { container, record, settings, chance, now } = facts;
  if (container === null) throw new Error('there is something to remove');
  return step({ kind: 'remove', containerId: container.id, volumes: false, why: said }, 'GpuLost', {
    restarts: record.restarts + 1,
    nextAttemptAt: now + restartDelayMs(record.restarts, settings, chance),
    lastFailure: said,
  });
};

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
