import { describe, expect, it } from 'vitest';
import type { HealthRow } from '../../controller/model/health.ts';
import type { Plan } from '../../controller/model/plan.ts';
import type { Step } from '../../controller/model/step.ts';
import { check } from '../../controller/plan/check.ts';
import { plan } from '../../controller/plan/plan.ts';
import { ended, minutes, noon, observed, scene, type Scene } from '../support/plan-builders.ts';

const why = 'because';
const stop: Step = { kind: 'stop', containerId: 'c1', graceMs: 0, why };
const remove: Step = { kind: 'remove', containerId: 'c1', volumes: false, why };
const start: Step = { kind: 'start', containerId: 'c1', seed: null, secrets: null, binds: [], why };
const pull: Step = { kind: 'pull', image: 'pytorch:24.05', why };
const update: Step = { kind: 'update', containerId: 'c1', resources: { cpus: 1 }, why };
const unpause: Step = { kind: 'unpause', containerId: 'c1', why };

const create = ((): Extract<Step, { kind: 'create' }> => {
  const [step] = plan(scene({ container: null })).steps;
  if (step?.kind !== 'create') throw new Error('an absent environment is created');
  return step;
})();

const manual = { wish: { updates: 'manual' } } as const;
const approval = { generation: 1, containerId: 'c1', by: 'ada', at: noon };
const foreign = { labels: { 'mlenv.instance': 'host-b' } };

const broken: readonly {
  readonly promise: string;
  readonly step: Step;
  readonly when: Scene;
}[] = [
  { promise: 'a suspended environment is changed', step: update, when: { holds: ['suspend'] } },
  { promise: 'a suspended environment is changed', step: pull, when: { holds: ['suspend'] } },
  {
    promise: 'a second effect while the first has not come back',
    step: stop,
    when: { snapshot: { inFlight: 'stop' } },
  },
  { promise: 'a second container is created', step: create, when: {} },
  {
    promise: 'a name that is taken is created',
    step: create,
    when: {
      container: null,
      snapshot: {
        nameHolder: {
          id: 'f',
          name: 'x',
          state: 'exited',
          health: 'none',
          image: 'x',
          labels: {},
        },
      },
    },
  },
  {
    promise: 'what nobody wishes is created',
    step: create,
    when: { container: null, wish: { kind: 'vanished' } },
  },
  {
    promise: 'what is held back is created',
    step: create,
    when: { container: null, holds: ['down'] },
  },
  {
    promise: 'something is created without a grant',
    step: create,
    when: { container: null, record: { grantedAt: null } },
  },
  {
    promise: 'a container is created without our labels',
    step: { ...create, config: { ...create.config, labels: {} } },
    when: { container: null },
  },
  { promise: 'a container that was not seen is changed', step: stop, when: { container: null } },
  {
    promise: 'a container that is not ours is changed',
    step: unpause,
    when: { container: foreign },
  },
  {
    promise: 'what nobody wishes is started',
    step: start,
    when: {
      container: ended(),
      wish: { kind: 'unresolved', reason: 'SpecUnresolved', message: 'no' },
    },
  },
  {
    promise: 'what is held back is started',
    step: start,
    when: { container: ended(), holds: ['rebuilt'] },
  },
  {
    promise: 'what is held back is started',
    step: start,
    when: { container: ended(), holds: ['unstarted'] },
  },
  {
    promise: 'something is started without a grant',
    step: start,
    when: { container: ended(), record: { grantedAt: null } },
  },
  { promise: 'a running container is removed', step: remove, when: {} },
  {
    promise: 'a running container is removed',
    step: remove,
    when: { container: { state: 'paused' } },
  },
  { promise: 'a protected container is stopped', step: stop, when: manual },
  {
    promise: 'a protected container is stopped',
    step: stop,
    when: { ...manual, record: { approval: { ...approval, generation: 0 } } },
  },
  {
    promise: 'a protected container is stopped',
    step: stop,
    when: { ...manual, record: { approval: { ...approval, containerId: 'c0' } } },
  },
  {
    promise: 'a protected container is stopped',
    step: stop,
    when: {
      wish: { kind: 'vanished' },
      record: { raw: { updates: 'manual' }, vanishedAt: noon - minutes(60) },
    },
  },
];

describe('check', () => {
  it.each(broken)('catches: $promise ($step.kind)', ({ promise, step, when }) => {
    expect(check(only(step), scene(when))).toContain(promise);
  });

  it('lets a protected one be stopped that is sick, where its file says so', () => {
    const health = {
      probe: { kind: 'command', argv: ['true'] },
      intervalMs: 1,
      timeoutMs: 1,
      retries: 1,
      startPeriodMs: 0,
      onUnhealthy: 'restart',
      graceMs: 0,
    } as const;
    const sick = {
      wish: { updates: 'manual', health },
      container: { health: 'unhealthy' },
    } as const;
    expect(check(only(stop), scene(sick))).toEqual([]);
    const broken = ['a protected container is stopped'];
    expect(check(only(stop), scene({ ...sick, container: {} }))).toEqual(broken);
    const reported = { updates: 'manual', health: { ...health, onUnhealthy: 'report' } } as const;
    expect(check(only(stop), scene({ ...sick, wish: reported }))).toEqual(broken);
    const lost = {
      containerId: 'c1',
      type: 'gpu',
      at: noon,
      status: 'unhealthy',
      checkedAt: noon,
      failures: 2,
      responseMs: null,
      message: '',
    } as const;
    const without = (gpu: HealthRow, onGpuLost: 'recreate' | 'report') =>
      check(
        only(stop),
        scene({ wish: { updates: 'manual', onGpuLost }, checks: { http: null, gpu } }),
      );
    expect(without(lost, 'recreate')).toEqual([]);
    expect(without(lost, 'report')).toEqual(broken);
    expect(without({ ...lost, status: 'unknown' }, 'recreate')).toEqual(broken);
    expect(without({ ...lost, containerId: 'c0' }, 'recreate')).toEqual(broken);
  });

  it('catches a step that follows from nothing seen', () => {
    const blind = { ...scene(), snapshot: { kind: 'unknown', why: 'no answer' } } as const;
    expect(check(only(stop), blind)).toEqual(['a step follows from what was not seen']);
  });

  it('catches that the recorded one of two is stopped, and lets the other one be', () => {
    const input = scene(manual);
    const [main] = input.snapshot.kind === 'known' ? input.snapshot.containers : [];
    if (main === undefined) throw new Error('the scene has a container');
    const copy = observed(main.config, { id: 'c2' });
    const both = { ...input, snapshot: { ...input.snapshot, containers: [main, copy] } };
    expect(check(only(stop), both as typeof input)).toEqual(['a protected container is stopped']);
    expect(check(only({ ...stop, containerId: 'c2' }), both as typeof input)).toEqual([]);
  });

  const allowed: readonly { readonly when: string; readonly step: Step; readonly scene: Scene }[] =
    [
      { when: 'updates: auto', step: stop, scene: {} },
      { when: 'down', step: stop, scene: { ...manual, holds: ['down'] } },
      { when: 'rm', step: stop, scene: { ...manual, holds: ['rm'] } },
      {
        when: 'a restart that was asked for',
        step: stop,
        scene: { ...manual, record: { restartRequestedAt: noon } },
      },
      { when: 'an approval of this', step: stop, scene: { ...manual, record: { approval } } },
      {
        when: 'an approved removal',
        step: stop,
        scene: {
          wish: { kind: 'vanished' },
          record: { raw: { updates: 'manual' }, vanishedAt: noon, approval },
        },
      },
      { when: 'that it ended', step: remove, scene: { ...manual, container: ended() } },
      { when: 'no plan to stop', step: update, scene: manual },
      { when: 'its absence', step: create, scene: { container: null } },
    ];
  it.each(allowed)('lets a $step.kind pass for $when', ({ step, scene: when }) => {
    expect(check(only(step), scene(when))).toEqual([]);
  });

  it('has nothing to say of a plan without a step', () => {
    expect(check({ ...plan(scene()), steps: [] }, scene({ holds: ['suspend'] }))).toEqual([]);
  });
});

const only = (step: Step): Plan => ({ ...plan(scene()), steps: [step] });
