import { context, ended, minutes, noon, seconds } from '../support/plan-builders.ts';
import type { RuleCase } from './rule-case.ts';

/** What each start sets, whatever led to it. */
const started = { nextAttemptAt: null, restartRequestedAt: null, approval: null };
const created = { state: 'created', startedAt: null } as const;
const refused = { ...created, error: 'exec: "nope": not found' };
const failure = `start failed: ${refused.error}`;

/** Before its first run, and a run asked for. */
export const startCases: readonly RuleCase[] = [
  {
    rule: 'ended/limits-refused',
    when: 'the start failed for a limit that only we asked for: made again without it, at once',
    scene: {
      context: context({ raisesLimits: false }),
      was: { ulimits: [{ name: 'memlock', soft: -1, hard: -1, byDefault: false }] },
      container: {
        ...created,
        error: 'runc: error setting rlimit type 8: operation not permitted',
      },
    },
    expected: {
      reason: 'Starting',
      phase: 'removing',
      steps: ['remove', 'create', 'start'],
      patch: {},
    },
  },
  {
    rule: 'ended/start-failed',
    when: 'for the first time: a new container is tried at once',
    scene: { container: refused },
    expected: {
      reason: 'StartFailed',
      phase: 'removing',
      steps: ['remove', 'create', 'start'],
      patch: { restarts: 1, nextAttemptAt: noon, lastFailure: failure },
    },
  },
  {
    rule: 'ended/start-failed',
    when: 'again and again: it waits longer and longer, and others may have its cards meanwhile',
    scene: { container: refused, record: { restarts: 3 } },
    expected: {
      reason: 'StartFailed',
      phase: 'removing',
      steps: ['remove'],
      patch: {
        grantedAt: null,
        restarts: 4,
        nextAttemptAt: noon + seconds(40),
        lastFailure: failure,
      },
    },
  },
  {
    rule: 'ended/start-failed',
    when: 'of a restart: never job, which had its only run',
    scene: { wish: { restart: 'never' }, container: refused },
    expected: {
      reason: 'StartFailed',
      phase: 'failed',
      patch: { lastFailure: failure, grantedAt: null },
    },
  },
  {
    rule: 'ended/start-failed',
    when: 'a person asks for another try: a new container, at once',
    scene: {
      wish: { restart: 'never' },
      container: refused,
      record: { restartRequestedAt: noon, phase: 'failed' },
    },
    expected: {
      reason: 'Removing',
      phase: 'removing',
      steps: ['remove', 'create', 'start'],
      patch: { restarts: 0, nextAttemptAt: null, restartRequestedAt: null },
    },
  },
  {
    rule: 'ended/restart-asked',
    when: 'a person asks while it backs off',
    scene: {
      container: ended(),
      record: {
        phase: 'backingOff',
        restarts: 5,
        nextAttemptAt: noon + minutes(3),
        restartRequestedAt: noon,
      },
    },
    expected: {
      reason: 'Starting',
      phase: 'starting',
      steps: ['start'],
      patch: { ...started, restarts: 0 },
    },
  },
  {
    rule: 'ended/restart-asked',
    when: 'a person asks of a completed job that gave its grant back',
    scene: {
      container: ended({ exitCode: 0 }),
      record: { phase: 'completed', grantedAt: null, restartRequestedAt: noon },
    },
    expected: { reason: 'Pending', phase: 'completed', needsGrant: true },
  },
  {
    rule: 'ended/never-started',
    when: 'created and whole',
    scene: { container: created },
    expected: { reason: 'Starting', phase: 'starting', steps: ['start'], patch: started },
  },
  {
    rule: 'ended/never-started',
    when: 'created, and its dependency went away',
    scene: {
      container: created,
      snapshot: {
        dependencies: [
          { environment: 'db', condition: 'healthy', phase: 'stopped', hasHealthCheck: true },
        ],
      },
    },
    expected: { reason: 'DependencyNotReady', phase: 'starting' },
  },
];
