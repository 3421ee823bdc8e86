import type { EnvironmentRecord } from '../../controller/model/record.ts';
import type { EndCause } from '../../controller/model/run.ts';
import { context, minutes, noon, seconds } from '../support/plan-builders.ts';
import type { RuleCase } from './rule-case.ts';

const bring = ['create', 'start'] as const;
const failedPull = (retryAt: number) =>
  ({ kind: 'failed', image: 'pytorch:24.05', message: 'no such image', retryAt }) as const;

const ran = (cause: EndCause, exitCode: number): NonNullable<EnvironmentRecord['lastRun']> => ({
  containerId: 'c0',
  startedAt: noon - minutes(60),
  digest: 'mle1:01',
  end: { cause, exitCode, at: noon - minutes(1), watched: true },
});

const notFile = {
  containerId: null,
  generation: 1,
  reason: 'CreateRefused',
  message: 'source /merged/etc/passwd is not directory',
  count: 1,
  at: noon,
} as const;

export const missingCases: readonly RuleCase[] = [
  {
    rule: 'missing/name-held',
    when: 'a container that is not ours bears the name',
    scene: {
      container: null,
      snapshot: {
        nameHolder: {
          id: 'f'.repeat(64),
          name: 'mlenv-vision-notebook-00112233',
          state: 'running',
          health: 'none',
          image: 'x',
          labels: {},
        },
      },
    },
    expected: {
      reason: 'NameConflict',
      phase: 'pending',
      patch: { grantedAt: null },
      lookAgainAfterMs: 15_000,
    },
  },
  {
    rule: 'missing/create-refused',
    when: 'the engine refused a job for a fault of its spec',
    scene: {
      container: null,
      wish: { restart: 'never' },
      record: { startFailure: notFile },
    },
    expected: {
      reason: 'CreateRefused',
      phase: 'failed',
      patch: { grantedAt: null, nextAttemptAt: null },
    },
  },
  {
    rule: 'missing/create',
    when: 'the engine refused a job for what the host lacked: it is tried again',
    scene: {
      container: null,
      wish: { restart: 'never' },
      record: { startFailure: { ...notFile, message: 'Unknown runtime specified nvidia' } },
    },
    expected: { reason: 'Creating', phase: 'creating', steps: ['create', 'start'] },
  },
  {
    rule: 'missing/create',
    when: 'the spec of the job that was refused is another one now',
    scene: {
      container: null,
      wish: { restart: 'never' },
      record: { startFailure: { ...notFile, generation: 0 } },
    },
    expected: { reason: 'Creating', phase: 'creating', steps: ['create', 'start'] },
  },
  {
    rule: 'running/run-is-over',
    when: 'a completed job was pruned',
    scene: { container: null, record: { phase: 'completed', lastRun: ran('completed', 0) } },
    expected: { reason: 'Completed', phase: 'completed', patch: { grantedAt: null } },
  },
  {
    rule: 'running/run-is-over',
    when: 'a failed job was pruned, with an edit',
    scene: {
      wish: { restart: 'never' },
      container: null,
      record: { phase: 'failed', digest: 'mle1:02', generation: 2, lastRun: ran('failed', 3) },
    },
    expected: {
      reason: 'Failed',
      phase: 'failed',
      patch: {
        grantedAt: null,
        lastFailure: 'it ended with exit code 3, and its container was removed since',
      },
    },
  },
  {
    rule: 'running/run-is-over',
    when: 'the container of a job that ran was removed outside',
    scene: {
      wish: { restart: 'never' },
      container: null,
      record: { phase: 'running.healthy', lastRun: { ...ran('failed', 0), end: null } },
    },
    expected: {
      reason: 'Failed',
      phase: 'failed',
      patch: {
        grantedAt: null,
        lastFailure: 'its container was removed outside MLEnv while it ran',
        lastRun: {
          ...ran('failed', 0),
          end: { cause: 'removed-outside', exitCode: null, at: null, watched: true },
        },
      },
    },
  },
  {
    rule: 'missing/create',
    when: 'a hold is lifted of a job whose container is gone',
    scene: {
      wish: { restart: 'never' },
      container: null,
      record: { phase: 'stopped', lastRun: ran('down', 143) },
    },
    expected: { reason: 'Creating', phase: 'creating', steps: ['create', 'start'] },
  },
  {
    rule: 'missing/backing-off',
    when: 'its deadline is ahead, in a process that knows only the record',
    scene: { container: null, record: { nextAttemptAt: noon + seconds(40), restarts: 4 } },
    expected: { reason: 'BackOff', phase: 'backingOff', lookAgainAfterMs: seconds(40) },
  },
  {
    rule: 'missing/dependencies',
    when: 'what it depends on is not there',
    scene: {
      container: null,
      snapshot: {
        dependencies: [
          { environment: 'db', condition: 'started', phase: null, hasHealthCheck: false },
        ],
      },
    },
    expected: { reason: 'DependencyNotReady', phase: 'pending' },
  },
  {
    rule: 'missing/secret-missing',
    when: 'a secret of it cannot be had',
    scene: {
      container: null,
      secretTrouble: 'TOKEN: there is no file',
      record: { grantedAt: null },
    },
    expected: { reason: 'SecretMissing', phase: 'pending', lookAgainAfterMs: seconds(15) },
  },
  {
    rule: 'missing/network',
    when: 'the network is not there yet',
    scene: { container: null, snapshot: { network: 'absent' } },
    expected: { reason: 'NetworkPending', phase: 'pending', lookAgainAfterMs: 2000 },
  },
  {
    rule: 'missing/network',
    when: "the network's name is another's",
    scene: { container: null, snapshot: { network: { heldBy: 'it is of compose' } } },
    expected: { reason: 'NameConflict', phase: 'pending', lookAgainAfterMs: 15_000 },
  },
  {
    rule: 'missing/backing-off',
    when: "a volume's name is another's: it says so and not only that it waits",
    scene: {
      container: null,
      record: {
        restarts: 1,
        nextAttemptAt: noon + minutes(1),
        startFailure: { ...notFile, reason: 'NameConflict', message: 'whose it is' },
      },
    },
    expected: { reason: 'NameConflict', phase: 'backingOff', lookAgainAfterMs: minutes(1) },
  },
  {
    rule: 'missing/grant',
    when: 'admission has not spoken',
    scene: { container: null, record: { grantedAt: null } },
    expected: { reason: 'Pending', phase: 'pending', needsGrant: true },
  },
  {
    rule: 'missing/grant',
    when: 'the grant does not cover a port that the file names since',
    scene: {
      container: null,
      wish: { ports: [{ container: 80, protocol: 'tcp', host: 'auto', hostIp: '127.0.0.1' }] },
      leases: [],
    },
    expected: { reason: 'Pending', phase: 'pending', needsGrant: true },
  },
  {
    rule: 'missing/image',
    when: 'it is not there',
    scene: { container: null, snapshot: { image: null } },
    expected: { reason: 'ImagePulling', phase: 'pulling', steps: ['pull', ...bring] },
  },
  {
    rule: 'missing/image',
    when: 'pull: always, and it is there',
    scene: { container: null, wish: { pull: 'always' } },
    expected: { reason: 'ImagePulling', phase: 'pulling', steps: ['pull', ...bring] },
  },
  {
    rule: 'missing/image',
    when: 'pull: always, and it was removed after the pull',
    scene: {
      container: null,
      wish: { pull: 'always' },
      snapshot: { image: null, pull: { kind: 'done', image: 'pytorch:24.05' } },
    },
    expected: { reason: 'ImagePulling', phase: 'pulling', steps: ['pull', ...bring] },
  },
  {
    rule: 'missing/image',
    when: 'it is being pulled',
    scene: {
      container: null,
      record: { phase: 'pulling' },
      snapshot: {
        image: null,
        pull: { kind: 'pulling', image: 'pytorch:24.05', doneBytes: 2, totalBytes: 5 },
      },
    },
    expected: { reason: 'ImagePulling', phase: 'pulling' },
  },
  {
    rule: 'missing/image-unavailable',
    when: 'the last pull failed, and its next try is ahead',
    scene: {
      container: null,
      snapshot: { image: null, pull: failedPull(noon + minutes(1)) },
    },
    expected: {
      reason: 'ImagePullBackOff',
      patch: { grantedAt: null },
      phase: 'pending',
      lookAgainAfterMs: minutes(1),
    },
  },
  {
    rule: 'missing/image',
    when: 'the last pull failed, and its next try is due',
    scene: { container: null, snapshot: { image: null, pull: failedPull(noon) } },
    expected: { reason: 'ImagePulling', phase: 'pulling', steps: ['pull', ...bring] },
  },
  {
    rule: 'missing/image-unavailable',
    when: 'pull: never, and it is not there',
    scene: { container: null, wish: { pull: 'never' }, snapshot: { image: null } },
    expected: {
      reason: 'ImageMissing',
      patch: { grantedAt: null },
      phase: 'pending',
      lookAgainAfterMs: seconds(30),
    },
  },
  {
    rule: 'missing/create',
    when: 'nothing stands in the way',
    scene: { container: null },
    expected: { reason: 'Creating', phase: 'creating', steps: bring },
  },
  {
    rule: 'missing/create',
    when: 'pull: always, and the pull is done',
    scene: {
      container: null,
      wish: { pull: 'always' },
      snapshot: { pull: { kind: 'done', image: 'pytorch:24.05' } },
    },
    expected: { reason: 'Creating', phase: 'creating', steps: bring },
  },
  {
    rule: 'missing/create',
    when: 'a person asked that a completed job run again, and its container is gone',
    scene: {
      container: null,
      record: { phase: 'completed', restartRequestedAt: noon },
      context: context({ raisesLimits: false }),
    },
    expected: { reason: 'Creating', phase: 'creating', steps: bring },
  },
  {
    rule: 'missing/create',
    when: 'a completed job was changed after its container was removed',
    scene: { container: null, record: { phase: 'completed', generation: 2 } },
    expected: { reason: 'Creating', phase: 'creating', steps: bring },
  },
  {
    rule: 'missing/create',
    when: 'it has no network, so none is waited for',
    scene: { container: null, wish: { network: false }, snapshot: { network: 'absent' } },
    expected: { reason: 'Creating', phase: 'creating', steps: bring },
  },
];
