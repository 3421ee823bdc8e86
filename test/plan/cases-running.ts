import { configOf, gpuLease, minutes, noon, oneCard } from '../support/plan-builders.ts';
import type { RuleCase } from './rule-case.ts';

const approval = { generation: 1, containerId: 'c1', by: 'ada', at: noon - minutes(1) };
const recreate = ['stop', 'remove', 'create', 'start'] as const;
const newImage = { was: {}, wish: { image: 'pytorch:24.06' } } as const;
const newImageManual = { was: {}, wish: { image: 'pytorch:24.06', updates: 'manual' } } as const;

export const runningCases: readonly RuleCase[] = [
  {
    rule: 'running/paused',
    when: 'docker pause was typed',
    scene: { container: { state: 'paused' } },
    expected: { reason: 'Starting', phase: 'running.unhealthy', steps: ['unpause'] },
  },
  {
    rule: 'running/in-place',
    when: 'docker update gave it a restart policy and another swap',
    scene: {
      was: {},
      wish: { memoryBytes: 2 ** 33, updates: 'manual' },
      container: {
        config: { ...configOf(), memoryBytes: 2 ** 33 },
        strays: [
          { field: 'restartPolicy', value: 'always', usual: 'no', cure: 'update' },
          { field: 'memorySwap', value: '-1 bytes', usual: 'as memory', cure: 'update' },
        ],
      },
    },
    expected: { reason: 'Running', phase: 'running.healthy', steps: ['update'] },
  },
  {
    rule: 'running/disconnect',
    when: 'docker network connect put it into the bridge of all',
    scene: {
      wish: { updates: 'manual' },
      container: {
        strays: [{ field: 'networks', value: 'bridge', usual: '(none)', cure: 'disconnect' }],
      },
    },
    expected: { reason: 'Running', phase: 'running.healthy', steps: ['disconnect'] },
  },
  {
    rule: 'running/recreate-protected',
    when: 'docker update gave it a weight that nothing but a new container is free of',
    scene: {
      wish: { updates: 'manual' },
      container: {
        strays: [{ field: 'blkioWeight', value: '300', usual: 'none', cure: 'recreate' }],
      },
    },
    expected: { reason: 'UpdatePending', phase: 'running.healthy' },
  },
  {
    rule: 'running/running',
    when: 'a GPU that it holds is lost, as the host sees it',
    scene: {
      wish: { gpus: oneCard },
      gpuLeases: [gpuLease('GPU-a')],
      sickGpus: [
        { uuid: 'GPU-a', ids: ['GPU-a'], state: 'lost', text: 'GPU 0 (H100) is lost: fell off' },
        { uuid: 'GPU-b', ids: ['GPU-b'], state: 'lost', text: 'GPU 1 (H100) is lost: fell off' },
      ],
    },
    expected: { reason: 'GpuUnhealthy', phase: 'running.healthy' },
  },
  {
    rule: 'running/in-place',
    when: 'the file gives it more memory, even to a protected training',
    scene: { was: {}, wish: { memoryBytes: 2 ** 36, updates: 'manual' } },
    expected: { reason: 'Running', phase: 'running.healthy', steps: ['update'] },
  },
  {
    rule: 'running/in-place',
    when: 'the file gives more memory to what waits for its next start',
    scene: {
      was: {},
      wish: { memoryBytes: 2 ** 36 },
      container: { state: 'exited', exitCode: 137, oomKilled: true, finishedAt: noon },
      record: { phase: 'backingOff', restarts: 2, nextAttemptAt: noon + minutes(1) },
    },
    expected: { reason: 'Pending', phase: 'backingOff', steps: ['update'] },
  },
  {
    rule: 'running/in-place',
    when: 'a new generation gives it more memory, which nobody has granted',
    scene: {
      was: {},
      wish: { memoryBytes: 2 ** 36 },
      record: { generation: 2, grantedGeneration: 1 },
    },
    expected: { reason: 'Pending', phase: 'running.healthy', needsGrant: true },
  },
  {
    rule: 'running/recreate-needs-grant',
    when: 'it asks for a card',
    scene: { was: {}, wish: { gpus: oneCard }, record: { generation: 2, grantedGeneration: 1 } },
    expected: { reason: 'Pending', phase: 'running.healthy', needsGrant: true },
  },
  {
    rule: 'running/recreate-needs-grant',
    when: 'its grant names no card',
    scene: { was: {}, wish: { gpus: oneCard } },
    expected: { reason: 'Pending', phase: 'running.healthy', needsGrant: true },
  },
  {
    rule: 'running/recreate',
    when: 'another card was granted than the one it was made with',
    scene: {
      was: { gpus: oneCard },
      made: [gpuLease('GPU-a')],
      wish: { gpus: oneCard },
      gpuLeases: [gpuLease('GPU-b')],
      container: { state: 'exited', exitCode: 1, finishedAt: noon },
    },
    expected: {
      reason: 'Removing',
      phase: 'removing',
      steps: ['remove', 'create', 'start'],
      patch: { nextAttemptAt: null, restarts: 0 },
    },
  },
  {
    rule: 'running/secret-missing',
    when: 'it would be made anew without a secret',
    scene: {
      was: {},
      wish: { env: { OTHER: '1' } },
      secretTrouble: 'TOKEN: there is no file',
    },
    expected: { reason: 'SecretMissing', phase: 'running.healthy', lookAgainAfterMs: 15_000 },
  },
  {
    rule: 'running/secret-missing',
    when: 'a restart is asked for that could not be ended',
    scene: {
      record: { restartRequestedAt: noon },
      secretTrouble: 'TOKEN: there is no file',
    },
    expected: { reason: 'SecretMissing', phase: 'running.healthy', lookAgainAfterMs: 15_000 },
  },
  {
    rule: 'running/recreate-protected',
    when: 'a training runs under updates: manual',
    scene: newImageManual,
    expected: { reason: 'UpdatePending', phase: 'running.healthy' },
  },
  {
    rule: 'running/recreate-protected',
    when: 'the approval was for another container',
    scene: { ...newImageManual, record: { approval: { ...approval, containerId: 'c0' } } },
    expected: { reason: 'UpdatePending', phase: 'running.healthy' },
  },
  {
    rule: 'running/recreate-needs-grant',
    when: 'it asks for another port',
    scene: {
      was: {},
      wish: { ports: [{ container: 80, protocol: 'tcp', host: 80, hostIp: '127.0.0.1' }] },
    },
    expected: { reason: 'Pending', phase: 'running.healthy', needsGrant: true },
  },
  {
    rule: 'running/recreate-refused',
    when: 'a rule that came later forbids what it is',
    scene: {
      ...newImage,
      policy: { opened: [], faults: [{ rule: 'MLE-SEC-035', path: ['user'], message: 'root' }] },
    },
    expected: { reason: 'PolicyRefused', phase: 'running.healthy' },
  },
  {
    rule: 'running/restart-refused',
    when: 'it runs as root over the workspace, from before this was forbidden',
    scene: {
      wish: { user: { kind: 'ids', uid: 0, gid: 0 } },
      record: { restartRequestedAt: noon },
      policy: { opened: [], faults: [], identity: { uid: 1000, gids: [1000] } },
    },
    expected: { reason: 'PolicyRefused', phase: 'running.healthy' },
  },
  {
    rule: 'running/restart',
    when: 'an exception lets it be root',
    scene: {
      wish: { user: { kind: 'ids', uid: 0, gid: 0 } },
      record: { restartRequestedAt: noon },
      policy: { opened: ['MLE-SEC-035'], faults: [], identity: { uid: 1000, gids: [1000] } },
    },
    expected: { stops: 'restart', reason: 'Stopping', phase: 'stopping', steps: ['stop', 'start'] },
  },
  {
    rule: 'running/recreate-pulls-first',
    when: 'the new image is not there',
    scene: { ...newImage, snapshot: { image: null } },
    expected: { reason: 'ImagePulling', phase: 'running.healthy', steps: ['pull', ...recreate] },
  },
  {
    rule: 'running/recreate-pulls-first',
    when: 'the new image is on its way',
    scene: {
      ...newImage,
      snapshot: {
        image: null,
        pull: { kind: 'pulling', image: 'pytorch:24.06', doneBytes: 1, totalBytes: 4 },
      },
    },
    expected: { reason: 'ImagePulling', phase: 'running.healthy' },
  },
  {
    rule: 'running/recreate-mismatch',
    when: 'the engine made another container than was asked for, twice',
    scene: {
      ...newImage,
      container: { state: 'created', startedAt: null },
      record: { restarts: 1, phase: 'starting' },
    },
    expected: { reason: 'PayloadMismatch', phase: 'failed' },
  },
  {
    rule: 'running/recreate',
    when: 'the image changed',
    scene: newImage,
    expected: { stops: 'recreate', reason: 'Stopping', phase: 'stopping', steps: recreate },
  },
  {
    rule: 'running/recreate',
    when: 'a person approved it',
    scene: { ...newImageManual, record: { approval } },
    expected: { stops: 'recreate', reason: 'Stopping', phase: 'stopping', steps: recreate },
  },
  {
    rule: 'running/recreate',
    when: 'one that failed is asked for something else',
    scene: {
      ...newImage,
      container: { state: 'exited', exitCode: 1, finishedAt: noon },
      record: { phase: 'backingOff', restarts: 3 },
    },
    expected: {
      reason: 'Removing',
      phase: 'removing',
      steps: ['remove', 'create', 'start'],
      patch: { nextAttemptAt: null, restarts: 0 },
    },
  },
  {
    rule: 'running/recreate',
    when: 'it came out of create otherwise than asked, for the first time',
    scene: {
      ...newImage,
      container: { state: 'created', startedAt: null },
      record: { phase: 'starting' },
    },
    expected: {
      reason: 'Removing',
      phase: 'removing',
      steps: ['remove', 'create', 'start'],
      patch: { nextAttemptAt: null, restarts: 1 },
    },
  },
  {
    rule: 'running/recreate',
    when: 'it was renamed behind our back',
    scene: { container: { name: 'mine-now' } },
    expected: { stops: 'recreate', reason: 'Stopping', phase: 'stopping', steps: recreate },
  },
  {
    rule: 'running/restart',
    when: 'a person asked for it, even of a protected training',
    scene: { wish: { updates: 'manual' }, record: { restartRequestedAt: noon } },
    expected: { stops: 'restart', reason: 'Stopping', phase: 'stopping', steps: ['stop', 'start'] },
  },
  {
    rule: 'running/running',
    when: 'all is as wished',
    scene: {},
    expected: { reason: 'Running', phase: 'running.healthy' },
  },
  {
    rule: 'running/running',
    when: 'its check passes',
    scene: { container: { health: 'healthy' } },
    expected: { reason: 'Healthy', phase: 'running.healthy' },
  },
  {
    rule: 'running/running',
    when: 'its check has not answered',
    scene: { container: { health: 'starting' }, record: { restarts: 1, lastFailure: 'x' } },
    expected: { reason: 'Starting', phase: 'running.starting' },
  },
  {
    rule: 'running/running',
    when: 'its check fails: that is told, and kills nothing',
    scene: { container: { health: 'unhealthy' } },
    expected: {
      reason: 'Unhealthy',
      phase: 'running.unhealthy',
      patch: { unhealthySince: noon },
    },
  },
  {
    rule: 'running/running',
    when: 'it was well for ten minutes after restarts',
    scene: { record: { restarts: 4, lastFailure: 'exit code 1' } },
    expected: {
      reason: 'Running',
      phase: 'running.healthy',
      patch: { restarts: 0, lastFailure: '' },
    },
  },
  {
    rule: 'running/running',
    when: 'it was well for four minutes after restarts',
    scene: { record: { restarts: 4 }, container: { startedAt: noon - minutes(4) } },
    expected: { reason: 'Running', phase: 'running.healthy', lookAgainAfterMs: minutes(6) },
  },
  {
    rule: 'running/running',
    when: 'the result of its last start was lost',
    scene: {
      record: {
        restarts: 1,
        nextAttemptAt: noon - minutes(2),
        restartRequestedAt: noon - minutes(2),
        approval,
      },
      container: { startedAt: noon - minutes(2) },
    },
    expected: {
      reason: 'Running',
      phase: 'running.healthy',
      patch: { nextAttemptAt: null, restarts: 2, restartRequestedAt: null, approval: null },
      lookAgainAfterMs: minutes(8),
    },
  },
];
