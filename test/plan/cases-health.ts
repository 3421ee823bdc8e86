import type { EnvironmentRecord } from '../../controller/model/record.ts';
import type { StopCause } from '../../controller/model/run.ts';
import type { HealthRow } from '../../controller/model/health.ts';
import { ended, gpuLease, minutes, noon, oneCard, seconds } from '../support/plan-builders.ts';
import type { RuleCase } from './rule-case.ts';

const health = {
  probe: { kind: 'http', port: 80, path: '/' },
  intervalMs: seconds(10),
  timeoutMs: seconds(1),
  retries: 3,
  startPeriodMs: 0,
  onUnhealthy: 'restart',
  graceMs: seconds(30),
} as const;
const lastCheck = {
  startedAt: noon - seconds(2),
  endedAt: noon - seconds(1),
  exitCode: 1,
  output: 'connection refused\n',
  failures: 3,
};
const sick = { health: 'unhealthy', lastCheck } as const;
const row = (over: Partial<HealthRow>): HealthRow => ({
  containerId: 'c1',
  type: 'http',
  at: noon - minutes(1),
  status: 'unhealthy',
  checkedAt: noon - minutes(1),
  failures: 3,
  responseMs: 5,
  message: 'it answered 503',
  ...over,
});
const intent = (
  cause: StopCause,
  at = noon,
  startedAt = noon - minutes(60),
): EnvironmentRecord['stopIntent'] => ({
  containerId: 'c1',
  startedAt,
  cause,
  at,
  until: at + seconds(70),
});
const stopIntent = intent('unhealthy', noon - seconds(1));
const restarted = {
  unhealthySince: noon - seconds(31),
  grantedAt: noon - minutes(60),
};

const leases = [gpuLease('GPU-a')];
const lost = row({ type: 'gpu', failures: 2, message: 'Failed to initialize NVML: Unknown Error' });
const cards = { wish: { gpus: oneCard }, gpuLeases: leases } as const;
const unasked = {
  health: 'unhealthy',
  lastCheck: { ...lastCheck, output: 'health: http needs curl, wget or python3 in the image\n' },
} as const;

const quiet = {
  judged: {
    idleSince: noon - minutes(60),
    use: null,
    dueAt: null,
    quietAt: noon - minutes(1),
    endsAt: null,
    action: null,
    texts: { since: '11:00', due: '12:00', ends: '12:00', kept: '' },
  },
  heldText: '',
  cardsUntil: null,
} as const;

/** What is wrong with what runs. */
export const healthCases: readonly RuleCase[] = [
  {
    rule: 'running/running',
    when: 'unhealthy for the first time: it has its grace',
    scene: { wish: { health }, container: sick },
    expected: {
      reason: 'Unhealthy',
      phase: 'running.unhealthy',
      patch: { unhealthySince: noon },
      lookAgainAfterMs: seconds(30),
    },
  },
  {
    rule: 'running/unhealthy',
    when: 'unhealthy beyond its grace',
    scene: { wish: { health }, container: sick, record: restarted },
    expected: {
      reason: 'Unhealthy',
      phase: 'stopping',
      steps: ['stop', 'start'],
      patch: { stopIntent: intent('unhealthy') },
    },
  },
  {
    rule: 'running/unhealthy',
    when: 'the stop was begun by a process that died: it is the same one',
    scene: { wish: { health }, container: sick, record: { ...restarted, stopIntent } },
    expected: {
      reason: 'Unhealthy',
      phase: 'stopping',
      steps: ['stop', 'start'],
      patch: { stopIntent },
    },
  },
  {
    rule: 'running/unhealthy',
    when: 'one of its secrets is gone: what could not come back is not taken away',
    scene: {
      wish: { health },
      container: sick,
      record: restarted,
      secretTrouble: 'TOKEN: there is no file',
    },
    expected: {
      reason: 'SecretMissing',
      phase: 'running.unhealthy',
      lookAgainAfterMs: seconds(15),
    },
  },
  {
    rule: 'running/running',
    when: 'unhealthy since an hour, and onUnhealthy: report',
    scene: {
      wish: { health: { ...health, onUnhealthy: 'report' } },
      container: sick,
      record: { unhealthySince: noon - minutes(50) },
    },
    expected: { reason: 'Unhealthy', phase: 'running.unhealthy' },
  },
  {
    rule: 'running/running',
    when: 'unhealthy beyond its grace, and in use',
    scene: {
      wish: { updates: 'whenIdle', health: { ...health, onUnhealthy: 'restartWhenIdle' } },
      container: sick,
      record: restarted,
    },
    expected: { reason: 'Unhealthy', phase: 'running.unhealthy' },
  },
  {
    rule: 'running/unhealthy',
    when: 'unhealthy beyond its grace, and nobody uses it',
    scene: {
      wish: { updates: 'whenIdle', health: { ...health, onUnhealthy: 'restartWhenIdle' } },
      container: sick,
      record: restarted,
      idle: quiet,
    },
    expected: {
      reason: 'Unhealthy',
      phase: 'stopping',
      steps: ['stop', 'start'],
      patch: { stopIntent: intent('unhealthy') },
    },
  },
  {
    rule: 'running/running',
    when: 'it lost its cards, and is in use all the same',
    scene: {
      ...cards,
      wish: { gpus: oneCard, updates: 'whenIdle', onGpuLost: 'recreateWhenIdle' },
      checks: { http: null, gpu: lost },
    },
    expected: { reason: 'GpuLost', phase: 'running.healthy' },
  },
  {
    rule: 'running/running',
    when: "a check that is the image's own: nobody asked for a restart",
    scene: { container: sick, record: { unhealthySince: noon - minutes(50) } },
    expected: { reason: 'Unhealthy', phase: 'running.unhealthy' },
  },
  {
    rule: 'running/running',
    when: 'well again',
    scene: {
      wish: { health },
      container: { health: 'healthy' },
      record: {
        unhealthySince: noon - seconds(20),
        stopIntent: intent('unhealthy', noon - seconds(80)),
      },
    },
    expected: {
      reason: 'Healthy',
      phase: 'running.healthy',
      patch: { unhealthySince: null, stopIntent: null },
    },
  },
  {
    rule: 'ended/ended',
    when: 'stopped for its health, with success: it is no success',
    scene: { wish: { health }, container: ended({ exitCode: 0 }), record: { stopIntent } },
    expected: {
      reason: 'Starting',
      phase: 'starting',
      steps: ['start'],
      patch: {
        nextAttemptAt: null,
        restartRequestedAt: null,
        approval: null,
        restarts: 1,
        lastFailure: 'it was stopped, as its health check failed',
      },
    },
  },
  {
    rule: 'ended/ended',
    when: 'stopped for its health for the third time: it waits, however long it ran',
    scene: {
      wish: { health },
      container: ended({ exitCode: 0 }),
      record: { stopIntent, restarts: 2 },
    },
    expected: {
      reason: 'BackOff',
      phase: 'backingOff',
      patch: {
        restarts: 2,
        nextAttemptAt: noon + seconds(19),
        lastFailure: 'it was stopped, as its health check failed',
      },
      lookAgainAfterMs: seconds(19),
    },
  },
  {
    rule: 'running/run-is-over',
    when: 'the cure was of a run before this one',
    scene: {
      container: ended({ exitCode: 0, startedAt: noon - seconds(30) }),
      record: { stopIntent: intent('unhealthy', noon - minutes(1)) },
    },
    expected: { reason: 'Completed', phase: 'completed', patch: { grantedAt: null } },
  },
  {
    rule: 'running/running',
    when: 'its image cannot ask, and nobody has from outside yet: nothing is known',
    scene: { wish: { health }, container: unasked, record: restarted },
    expected: {
      reason: 'Starting',
      phase: 'running.starting',
      patch: { unhealthySince: null },
    },
  },
  {
    rule: 'running/running',
    when: 'its image cannot ask, and MLEnv was answered',
    scene: {
      wish: { health },
      container: unasked,
      checks: { http: row({ status: 'healthy', failures: 1 }), gpu: null },
    },
    expected: { reason: 'Healthy', phase: 'running.healthy' },
  },
  {
    rule: 'running/unhealthy',
    when: 'its image cannot ask, and MLEnv was answered badly',
    scene: {
      wish: { health },
      container: unasked,
      record: restarted,
      checks: { http: row({}), gpu: null },
    },
    expected: {
      reason: 'Unhealthy',
      phase: 'stopping',
      steps: ['stop', 'start'],
      patch: { stopIntent: intent('unhealthy') },
    },
  },
  {
    rule: 'running/running',
    when: 'nobody can ask it: told, and never restarted for it',
    scene: {
      wish: { health },
      container: unasked,
      record: restarted,
      checks: { http: row({ status: 'unknown', failures: 0 }), gpu: null },
    },
    expected: { reason: 'Unhealthy', phase: 'running.unhealthy' },
  },
  {
    rule: 'running/gpu-lost',
    when: 'it lost its cards: made anew with the same ones',
    scene: { ...cards, checks: { http: null, gpu: lost } },
    expected: {
      reason: 'GpuLost',
      phase: 'stopping',
      steps: ['stop', 'remove', 'create', 'start'],
      patch: { stopIntent: intent('gpu-lost') },
    },
  },
  {
    rule: 'running/running',
    when: 'it lost its cards, and onLost: report',
    scene: {
      ...cards,
      wish: { gpus: oneCard, onGpuLost: 'report' },
      checks: { http: null, gpu: lost },
    },
    expected: { reason: 'GpuLost', phase: 'running.healthy' },
  },
  {
    rule: 'running/running',
    when: 'it did not reach its cards once',
    scene: { ...cards, checks: { http: null, gpu: row({ ...lost, status: 'healthy' }) } },
    expected: { reason: 'Running', phase: 'running.healthy' },
  },
  {
    rule: 'running/running',
    when: 'its cards were lost in the run before this one',
    scene: {
      ...cards,
      container: { startedAt: noon - seconds(20) },
      checks: { http: null, gpu: lost },
    },
    expected: { reason: 'Running', phase: 'running.healthy' },
  },
  {
    rule: 'ended/ended',
    when: 'stopped for its lost cards, with success',
    scene: {
      ...cards,
      container: ended({ exitCode: 0 }),
      record: { stopIntent: intent('gpu-lost', noon - seconds(1)) },
    },
    expected: {
      reason: 'GpuLost',
      phase: 'removing',
      steps: ['remove', 'create', 'start'],
      patch: {
        restarts: 1,
        nextAttemptAt: noon,
        lastFailure: 'it had lost its GPUs and is recreated',
      },
    },
  },
  {
    rule: 'running/run-is-over',
    when: 'it lost its cards, and ended by itself before it was stopped',
    scene: {
      ...cards,
      container: ended({ exitCode: 0 }),
      checks: { http: null, gpu: lost },
    },
    expected: { reason: 'Completed', phase: 'completed', patch: { grantedAt: null } },
  },
  {
    rule: 'running/run-is-over',
    when: 'one of its processes was out of memory, and it ended with success',
    scene: { container: ended({ exitCode: 0, oomKilled: true }) },
    expected: { reason: 'Completed', phase: 'completed', patch: { grantedAt: null } },
  },
];
