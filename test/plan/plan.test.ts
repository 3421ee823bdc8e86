import { describe, expect, it } from 'vitest';
import { plan } from '../../controller/plan/plan.ts';
import { ended, image, minutes, noon, observed, scene, seconds } from '../support/plan-builders.ts';

describe('a plan', () => {
  it('tells the whole story, of which a pass does the first line', () => {
    expect(plan(scene({ container: null, snapshot: { image: null } })).explanation).toEqual([
      'pull pytorch:24.05',
      'create it from pytorch:24.05',
      'start it',
    ]);
  });

  it('ends its story with what it will wait for', () => {
    const decided = plan(
      scene({
        wish: { restart: 'on-failure' },
        container: { state: 'created', startedAt: null, error: 'no such file' },
        record: { restarts: 2 },
      }),
    );
    expect(decided.explanation).toEqual([
      'start failed: no such file',
      'BackOff: 3rd restart; start failed: no such file',
    ]);
    expect(decided.holds).toEqual([
      { reason: 'BackOff', message: '3rd restart; start failed: no such file' },
    ]);
  });

  it('says what is well in one line', () => {
    const decided = plan(scene());
    expect(decided).toMatchObject({ explanation: ['running'], changes: [], holds: [] });
  });

  it('shows the diff while the change waits', () => {
    const decided = plan(scene({ was: {}, wish: { image: 'pytorch:24.06', updates: 'manual' } }));
    expect(decided.changes).toEqual([
      { field: 'image', how: 'recreate', from: 'pytorch:24.05', to: 'pytorch:24.06' },
    ]);
    expect(decided.message).toContain('image: pytorch:24.05 → pytorch:24.06');
  });

  it('seeds a container before its first run, and never again', () => {
    const [, start] = plan(scene({ container: null })).steps;
    expect(start).toMatchObject({ kind: 'start', seed: { account: { name: 'ada' } } });
    expect(plan(scene({ container: ended() })).steps).toMatchObject([
      { kind: 'start', seed: null },
    ]);
  });

  it('stops with the grace of the file, or of the container where the file is silent', () => {
    const wished = scene({ wish: { stopGraceMs: minutes(2) }, was: {}, holds: ['down'] });
    expect(plan(wished).steps).toMatchObject([{ kind: 'stop', graceMs: minutes(2) }]);
    const vanished = scene({
      wish: { kind: 'vanished' },
      was: { stopGraceMs: seconds(7) },
      record: { vanishedAt: noon - minutes(60) },
    });
    expect(plan(vanished).steps[0]).toMatchObject({ kind: 'stop', graceMs: seconds(7) });
  });

  it('removes the image’s own volumes only where a person asked for it', () => {
    const gone = (removeVolumes: boolean) =>
      plan(scene({ holds: ['rm'], container: ended(), record: { removeVolumes } })).steps;
    expect(gone(true)).toMatchObject([{ kind: 'remove', volumes: true }]);
    expect(gone(false)).toMatchObject([{ kind: 'remove', volumes: false }]);
    const recreated = scene({
      was: {},
      wish: { image: 'x' },
      container: ended(),
      record: { removeVolumes: true },
    });
    expect(plan(recreated).steps[0]).toMatchObject({ kind: 'remove', volumes: false });
  });

  it('takes the recorded container for the one that counts, else one that runs, else the newest', () => {
    const input = scene();
    const [main] = input.snapshot.kind === 'known' ? input.snapshot.containers : [];
    if (main === undefined || input.snapshot.kind === 'unknown') throw new Error('there is one');
    const { snapshot, record } = input;
    const idle = { state: 'exited', finishedAt: noon } as const;
    const older = observed(main.config, { ...idle, id: 'older', createdAt: noon - minutes(9) });
    const newer = observed(main.config, { ...idle, id: 'newer', createdAt: noon - minutes(1) });
    const extraOf = (containerId: string | null, containers: readonly (typeof main)[]) => {
      const [step] = plan({
        ...input,
        record: { ...record, containerId },
        snapshot: { ...snapshot, containers },
      }).steps;
      return step !== undefined && 'containerId' in step ? step.containerId : null;
    };
    expect(extraOf('older', [newer, older])).toBe('newer');
    expect(extraOf(null, [newer, { ...older, state: 'running' }])).toBe('newer');
    expect(extraOf(null, [older, newer])).toBe('older');
  });

  it('does not go round in a circle, whatever lies about', () => {
    const input = scene();
    const [main] = input.snapshot.kind === 'known' ? input.snapshot.containers : [];
    if (main === undefined || input.snapshot.kind === 'unknown') throw new Error('there is one');
    const copies = Array.from({ length: 30 }, (_, n) => ({ ...main, id: `copy-${n}` }));
    const decided = plan({
      ...input,
      snapshot: { ...input.snapshot, containers: [main, ...copies] },
    });
    expect(decided.steps).toHaveLength(10);
  });
});

describe('a dependency', () => {
  const waiting = (
    condition: 'started' | 'healthy' | 'completed',
    phase: 'running.starting' | 'running.healthy' | 'completed' | 'failed' | null,
    hasHealthCheck = true,
  ): boolean =>
    plan(
      scene({
        container: null,
        snapshot: { dependencies: [{ environment: 'db', condition, phase, hasHealthCheck }] },
      }),
    ).reason === 'DependencyNotReady';

  it.each([
    ['started', null, true],
    ['started', 'running.starting', false],
    ['started', 'completed', false],
    ['started', 'failed', true],
    ['healthy', 'running.starting', true],
    ['healthy', 'running.healthy', false],
    ['healthy', 'completed', true],
    ['completed', 'running.healthy', true],
    ['completed', 'completed', false],
    ['completed', 'failed', true],
  ] as const)('that must be %s and is %s is waited for: %s', (condition, phase, expected) => {
    expect(waiting(condition, phase)).toBe(expected);
  });

  it('without a health check is healthy when it runs', () => {
    expect(waiting('healthy', 'running.starting', false)).toBe(false);
  });

  it('that goes away later stops nothing that runs', () => {
    const decided = plan(
      scene({
        snapshot: {
          dependencies: [
            { environment: 'db', condition: 'healthy', phase: 'failed', hasHealthCheck: true },
          ],
        },
      }),
    );
    expect(decided).toMatchObject({ steps: [], reason: 'Running' });
  });
});

describe('a pull', () => {
  it('shows bytes and percent', () => {
    const pulling = (totalBytes: number) =>
      plan(
        scene({
          container: null,
          snapshot: {
            image: null,
            pull: { kind: 'pulling', image: 'pytorch:24.05', doneBytes: 2 ** 30, totalBytes },
          },
        }),
      ).message;
    expect(pulling(4 * 2 ** 30)).toBe('pytorch:24.05 25 % (1 GB of 4 GB)');
    expect(pulling(0)).toBe('pytorch:24.05 (1 GB)');
  });

  it('of another image has no say', () => {
    const decided = plan(
      scene({
        container: null,
        snapshot: {
          image: image(),
          pull: { kind: 'failed', image: 'old', message: 'no', retryAt: noon + 1 },
        },
      }),
    );
    expect(decided.reason).toBe('Creating');
  });
});
