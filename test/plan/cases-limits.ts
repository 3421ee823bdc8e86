import type { LastRun } from '../../controller/model/run.ts';
import { ended, minutes, noon, scene, seconds } from '../support/plan-builders.ts';
import type { RuleCase } from './rule-case.ts';

const started = { nextAttemptAt: null, restartRequestedAt: null, approval: null };
const over = { grantedAt: null };

/** The hour-long run of the default scene. */
const running = (of: Partial<LastRun>): LastRun => ({
  containerId: 'c1',
  startedAt: noon - minutes(60),
  digest: 'mle1:01',
  end: null,
  ...of,
});
const failed = (failures: number, of: Partial<LastRun> = {}): LastRun =>
  running({
    end: { cause: 'failed', exitCode: 1, at: noon - seconds(1), watched: true },
    failures,
    ...of,
  });
const timedOut = (of: Partial<LastRun> = {}): LastRun =>
  running({
    end: { cause: 'timeout', exitCode: 143, at: noon - seconds(1), watched: true },
    failures: 1,
    timeoutMs: minutes(60),
    ...of,
  });
const timedOutText = 'it was stopped, as it took longer than its timeout of 60 min';

/** Of a container that was made before the change. */
const { snapshot } = scene();
const labels = (snapshot.kind === 'known' ? snapshot.containers[0]?.labels : undefined) ?? {};

/** How often it may fail, and how long a run may take. */
export const limitCases: readonly RuleCase[] = [
  {
    rule: 'ended/ended',
    when: 'it failed as often as it may be restarted',
    scene: { wish: { restartLimit: 3 }, container: ended(), record: { lastRun: failed(3) } },
    expected: {
      reason: 'Starting',
      phase: 'starting',
      steps: ['start'],
      patch: { ...started, restarts: 1, lastFailure: 'it ended with exit code 1' },
    },
  },
  {
    rule: 'running/run-is-over',
    when: 'it failed once more than it may be restarted, however long each run was',
    scene: { wish: { restartLimit: 3 }, container: ended(), record: { lastRun: failed(4) } },
    expected: {
      reason: 'Failed',
      phase: 'failed',
      patch: { ...over, lastFailure: 'it ended with exit code 1' },
    },
  },
  {
    rule: 'running/run-is-over',
    when: 'it failed too often and always restarts',
    scene: {
      wish: { restart: 'always', restartLimit: 1 },
      container: ended(),
      record: { lastRun: failed(2) },
    },
    expected: {
      reason: 'Failed',
      phase: 'failed',
      patch: { ...over, lastFailure: 'it ended with exit code 1' },
    },
  },
  {
    rule: 'running/run-is-over',
    when: 'it failed too often, and its container was removed since',
    scene: {
      wish: { restartLimit: 1 },
      container: null,
      record: { phase: 'failed', lastRun: failed(2) },
    },
    expected: {
      reason: 'Failed',
      phase: 'failed',
      patch: {
        ...over,
        lastFailure: 'it ended with exit code 1, and its container was removed since',
      },
    },
  },
  {
    rule: 'ended/ended',
    when: 'it failed too often, and a change that needs no new container leaves the limit',
    scene: {
      wish: { restartLimit: 1 },
      container: ended({ labels }),
      record: { digest: 'mle1:02', lastRun: failed(2) },
    },
    expected: {
      reason: 'Failed',
      phase: 'failed',
      patch: { ...over, lastFailure: 'it ended with exit code 1' },
    },
  },
  {
    rule: 'running/recreate',
    when: 'it failed too often, and was changed since',
    scene: {
      was: { restartLimit: 1 },
      wish: { restartLimit: 1, command: ['fixed'] },
      container: ended({ labels }),
      record: { digest: 'mle1:02', lastRun: failed(2) },
    },
    expected: {
      reason: 'Removing',
      phase: 'removing',
      steps: ['remove', 'create', 'start'],
      patch: { nextAttemptAt: null, restarts: 0 },
    },
  },
  {
    rule: 'ended/restart-asked',
    when: 'it failed too often',
    scene: {
      wish: { restartLimit: 1 },
      container: ended(),
      record: { lastRun: failed(2), restartRequestedAt: noon },
    },
    expected: {
      reason: 'Starting',
      phase: 'starting',
      steps: ['start'],
      patch: { ...started, restarts: 0 },
    },
  },
  {
    rule: 'timeout/timed-out',
    when: 'a protected run has had its time, while a change waits',
    scene: {
      was: { timeoutMs: minutes(60), updates: 'manual' },
      wish: { timeoutMs: minutes(60), updates: 'manual', command: ['other'] },
      record: { lastRun: running({ timeoutMs: minutes(60) }) },
    },
    expected: {
      reason: 'Stopping',
      phase: 'stopping',
      steps: ['stop', 'remove', 'create', 'start'],
      stops: 'timeout',
    },
  },
  {
    rule: 'running/running',
    when: 'its time is not over yet',
    scene: {
      wish: { timeoutMs: minutes(61) },
      record: { lastRun: running({ timeoutMs: minutes(61) }) },
    },
    expected: { reason: 'Running', phase: 'running.healthy', lookAgainAfterMs: minutes(1) },
  },
  {
    rule: 'running/restart',
    when: 'its time is over, and a person asked for a restart',
    scene: {
      wish: { timeoutMs: minutes(60) },
      record: { lastRun: running({ timeoutMs: minutes(60) }), restartRequestedAt: noon },
    },
    expected: { reason: 'Stopping', phase: 'stopping', steps: ['stop', 'start'], stops: 'restart' },
  },
  {
    rule: 'running/timeout-protected',
    when: 'the file gives a protected run less time than it began with',
    scene: {
      wish: { timeoutMs: minutes(30), updates: 'manual' },
      record: { lastRun: running({ timeoutMs: minutes(90) }) },
    },
    expected: { reason: 'UpdatePending', phase: 'running.healthy', lookAgainAfterMs: minutes(30) },
  },
  {
    rule: 'running/timeout-protected',
    when: 'a protected run began without a limit',
    scene: {
      wish: { timeoutMs: minutes(30), updates: 'manual' },
      record: { lastRun: running({}) },
    },
    expected: { reason: 'UpdatePending', phase: 'running.healthy' },
  },
  {
    rule: 'timeout/timed-out',
    when: 'that was approved',
    scene: {
      wish: { timeoutMs: minutes(30), updates: 'manual' },
      record: {
        lastRun: running({}),
        approval: { generation: 1, containerId: 'c1', by: 'ada', at: noon },
      },
    },
    expected: { reason: 'Stopping', phase: 'stopping', steps: ['stop', 'start'], stops: 'timeout' },
  },
  {
    rule: 'running/running',
    when: 'the file gives a protected run more time',
    scene: {
      wish: { timeoutMs: minutes(90), updates: 'manual' },
      record: { lastRun: running({ timeoutMs: minutes(30) }) },
    },
    expected: { reason: 'Running', phase: 'running.healthy', lookAgainAfterMs: minutes(30) },
  },
  {
    rule: 'running/run-is-over',
    when: 'a job took too long',
    scene: {
      wish: { restart: 'never', timeoutMs: minutes(60) },
      container: ended({ exitCode: 0 }),
      record: { lastRun: timedOut() },
    },
    expected: {
      reason: 'TimedOut',
      phase: 'failed',
      patch: { ...over, lastFailure: timedOutText },
    },
  },
  {
    rule: 'ended/ended',
    when: 'it took too long and may be tried again: with growing back-off, however long it ran',
    scene: {
      wish: { timeoutMs: minutes(60), restartLimit: 3 },
      container: ended({ exitCode: 143 }),
      record: { restarts: 1, lastRun: timedOut() },
    },
    expected: {
      reason: 'BackOff',
      phase: 'backingOff',
      patch: { restarts: 1, nextAttemptAt: noon + seconds(9), lastFailure: timedOutText },
      lookAgainAfterMs: seconds(9),
    },
  },
];
