import { context, ended, minutes, noon, seconds } from '../support/plan-builders.ts';
import type { StartFailure } from '../../controller/model/start-fault.ts';
import type { RuleCase } from './rule-case.ts';

/** What each start sets, whatever led to it. */
const started = { nextAttemptAt: null, restartRequestedAt: null, approval: null };
const created = { state: 'created', startedAt: null } as const;
const refused = { ...created, error: 'exec: "nope": executable file not found in $PATH' };
const failure = `start failed: ${refused.error}`;

/** A start that was refused a second ago. */
const failed = (message: string): StartFailure => ({
  containerId: 'c1',
  generation: 1,
  reason: 'StartFailed',
  message,
  count: 1,
  at: noon - seconds(1),
});

/** Before its first run, and a run asked for. */
const hookFailure = 'OCI runtime create failed: error running hook #0: exit status 1';

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
    when: 'for the first time, in the hook of its GPU: the next try may have another one',
    scene: { container: created, record: { startFailure: failed(hookFailure) } },
    expected: {
      reason: 'StartFailed',
      phase: 'removing',
      steps: ['remove'],
      patch: {
        grantedAt: null,
        restarts: 1,
        nextAttemptAt: noon,
        lastFailure: `start failed: ${hookFailure}`,
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
    rule: 'ended/start-failed',
    when: 'of a job that never ran, for what the host lacks: that is no failure of the job',
    scene: {
      wish: { restart: 'never' },
      container: created,
      record: { restarts: 1, startFailure: failed('Unknown runtime specified nvidia') },
    },
    expected: {
      reason: 'StartFailed',
      phase: 'removing',
      steps: ['remove'],
      patch: {
        grantedAt: null,
        restarts: 2,
        nextAttemptAt: noon + seconds(10),
        lastFailure: 'start failed: Unknown runtime specified nvidia',
      },
    },
  },
  {
    rule: 'ended/start-failed',
    when: 'of one that ran, as its network is gone: made anew, at once',
    scene: { container: ended(), record: { startFailure: failed('network 74fd not found') } },
    expected: {
      reason: 'StartFailed',
      phase: 'removing',
      steps: ['remove', 'create', 'start'],
      patch: {
        restarts: 1,
        nextAttemptAt: noon,
        lastFailure: 'start failed: network 74fd not found',
      },
    },
  },
  {
    rule: 'ended/start-failed',
    when: 'of one that ran, as its GPU is gone: others may have what is left at once',
    scene: {
      container: ended(),
      record: { startFailure: failed('nvidia-container-cli: device error: GPU-1: unknown device') },
    },
    expected: {
      reason: 'StartFailed',
      phase: 'removing',
      steps: ['remove'],
      patch: {
        grantedAt: null,
        restarts: 1,
        nextAttemptAt: noon,
        lastFailure: 'start failed: nvidia-container-cli: device error: GPU-1: unknown device',
      },
    },
  },
  {
    rule: 'ended/start-failed',
    when: 'of one that ran, three times in the same words',
    scene: {
      container: ended(),
      record: { startFailure: { ...failed('the shim is in a bad mood'), count: 3 } },
    },
    expected: {
      reason: 'StartFailed',
      phase: 'removing',
      steps: ['remove', 'create', 'start'],
      patch: {
        restarts: 1,
        nextAttemptAt: noon,
        lastFailure: 'start failed: the shim is in a bad mood',
      },
    },
  },
  {
    rule: 'ended/ended',
    when: 'its start failed once, in words that nobody knows: what lies in it is worth a second try',
    scene: { container: ended(), record: { startFailure: failed('the shim is in a bad mood') } },
    expected: {
      reason: 'Starting',
      phase: 'starting',
      steps: ['start'],
      patch: { ...started, restarts: 1, lastFailure: 'it ended with exit code 1' },
    },
  },
  {
    rule: 'ended/start-failed',
    when: 'of one that ran, as a folder of the host is not there: no new container would help',
    scene: {
      container: ended(),
      record: {
        restarts: 2,
        nextAttemptAt: noon + seconds(20),
        lastFailure: 'start failed: bind source path does not exist: /data',
        startFailure: failed('bind source path does not exist: /data'),
      },
    },
    expected: {
      reason: 'BackOff',
      phase: 'backingOff',
      lookAgainAfterMs: seconds(20),
    },
  },
  {
    rule: 'ended/ended',
    when: 'a failed start is older than its last run',
    scene: {
      container: ended(),
      record: { startFailure: { ...failed('network 74fd not found'), at: noon - minutes(120) } },
    },
    expected: {
      reason: 'Starting',
      phase: 'starting',
      steps: ['start'],
      patch: { ...started, restarts: 1, lastFailure: 'it ended with exit code 1' },
    },
  },
  {
    rule: 'ended/restart-asked',
    when: 'a person asks after a start of one that ran has failed: it is tried once more first',
    scene: {
      container: ended(),
      record: {
        phase: 'backingOff',
        nextAttemptAt: noon + minutes(1),
        startFailure: failed('bind source path does not exist: /data'),
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
