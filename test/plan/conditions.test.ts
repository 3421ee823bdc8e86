import { describe, expect, it } from 'vitest';
import { plan } from '../../controller/plan/plan.ts';
import {
  ended,
  gpuLease,
  minutes,
  noon,
  oneCard,
  scene,
  type Scene,
} from '../support/plan-builders.ts';

interface ConditionCase {
  readonly when: string;
  readonly scene: Scene;
  /** type: status reason */
  readonly expected: readonly string[];
}

const cases: readonly ConditionCase[] = [
  {
    when: 'it runs as wished',
    scene: {},
    expected: ['Ready: True Running', 'Synced: True Synced'],
  },
  {
    when: 'it is healthy, and a change waits',
    scene: {
      was: {},
      wish: { image: 'x', updates: 'manual' },
      container: { health: 'healthy' },
    },
    expected: ['Ready: True Healthy', 'Synced: False UpdatePending', 'Held: True UpdatePending'],
  },
  {
    when: 'it runs with rights that a hand gave it',
    scene: { container: { excess: [{ rule: 'MLE-SEC-001', message: 'it is privileged' }] } },
    expected: ['Ready: True Running', 'Synced: True Synced', 'Policy: False PayloadMismatch'],
  },
  {
    when: 'a GPU that it holds is lost, and nobody asked inside of it',
    scene: {
      wish: { gpus: oneCard },
      gpuLeases: [gpuLease('GPU-a')],
      sickGpus: [{ uuid: 'GPU-a', ids: ['GPU-a'], state: 'lost', text: 'GPU 0 (H100) is lost' }],
    },
    expected: ['Ready: False GpuUnhealthy', 'Synced: True Synced', 'GpuHealth: False GpuUnhealthy'],
  },
  {
    when: "another's GPU is lost",
    scene: {
      wish: { gpus: oneCard },
      gpuLeases: [gpuLease('GPU-a')],
      sickGpus: [{ uuid: 'GPU-b', ids: ['GPU-b'], state: 'lost', text: 'GPU 1 (H100) is lost' }],
    },
    expected: ['Ready: True Running', 'Synced: True Synced'],
  },
  {
    when: 'its check fails',
    scene: { container: { health: 'unhealthy' } },
    expected: ['Ready: False Unhealthy', 'Synced: True Synced'],
  },
  {
    when: 'it completed',
    scene: { container: ended({ exitCode: 0 }) },
    expected: ['Ready: True Completed', 'Synced: True Synced'],
  },
  {
    when: 'it is not there and waits',
    scene: {
      container: null,
      snapshot: {
        dependencies: [
          { environment: 'db', condition: 'started', phase: null, hasHealthCheck: false },
        ],
      },
    },
    expected: [
      'Ready: False DependencyNotReady',
      'Synced: False DependencyNotReady',
      'Held: True DependencyNotReady',
    ],
  },
  {
    when: 'it is held absent',
    scene: { container: null, holds: ['rm'] },
    expected: ['Ready: False HeldRemoved', 'Synced: False HeldRemoved'],
  },
  {
    when: 'it is held stopped',
    scene: { container: ended(), holds: ['down'] },
    expected: ['Ready: False HeldDown', 'Synced: False HeldDown', 'Held: True HeldDown'],
  },
  {
    when: 'it is stopped, as the file says',
    scene: { container: null, wish: { state: 'stopped' } },
    expected: ['Ready: False Stopped', 'Synced: True Synced'],
  },
  {
    when: 'it waits before its next start',
    scene: { container: ended(), record: { nextAttemptAt: noon + 1 } },
    expected: ['Ready: False BackOff', 'Synced: True Synced', 'Held: True BackOff'],
  },
  {
    when: 'a step is on its way',
    scene: { container: null },
    expected: ['Ready: False Creating', 'Synced: False Creating'],
  },
  {
    when: 'it has left the file',
    scene: { wish: { kind: 'vanished' }, record: { vanishedAt: noon } },
    expected: ['Ready: True Running', 'Synced: False PruneScheduled', 'Held: True PruneScheduled'],
  },
  {
    when: 'the kernel ended one of its processes',
    scene: { record: { oomSeen: { containerId: 'c1', at: noon - 1 } } },
    expected: ['Ready: True Running', 'Synced: True Synced', 'Memory: False OutOfMemory'],
  },
  {
    when: 'the kernel did so in a run before',
    scene: { record: { oomSeen: { containerId: 'c1', at: noon - minutes(61) } } },
    expected: ['Ready: True Running', 'Synced: True Synced'],
  },
  ...(
    [
      ['healthy', 'GpuAccess: True GpuReachable', 'Ready: True Running'],
      ['unknown', 'GpuAccess: Unknown GpuUnasked', 'Ready: True Running'],
      ['unhealthy', 'GpuAccess: False GpuLost', 'Ready: True Running'],
    ] as const
  ).map(([status, access, ready]): ConditionCase => ({
    when: `its cards are ${status}`,
    scene: {
      wish: { gpus: oneCard, onGpuLost: 'report' },
      gpuLeases: [gpuLease('GPU-a')],
      checks: {
        http: null,
        gpu: {
          containerId: 'c1',
          type: 'gpu',
          at: noon,
          status,
          checkedAt: noon,
          failures: 0,
          responseMs: 1,
          message: '',
        },
      },
    },
    expected: [ready, 'Synced: True Synced', access],
  })),
];

describe('conditions', () => {
  it.each(cases)('where $when', ({ scene: from, expected }) => {
    expect(
      plan(scene(from)).conditions.map(
        ({ type, status, reason }) => `${type}: ${status} ${reason}`,
      ),
    ).toEqual(expected);
  });

  it('know nothing where the engine is silent', () => {
    const silent = plan({ ...scene(), snapshot: { kind: 'unknown', why: 'no answer' } });
    expect(silent.conditions.map(({ type, status }) => [type, status])).toEqual([
      ['Ready', 'Unknown'],
      ['Synced', 'Unknown'],
      ['Held', 'True'],
    ]);
    expect(silent.phase).toBe('unknown');
  });
});
