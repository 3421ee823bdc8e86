import { expect, test } from 'vitest';
import type { EnvironmentKey } from '../../controller/model/key.ts';
import type { EnvironmentRecord } from '../../controller/model/record.ts';
import { rehearse } from '../../controller/reconcile/admission.ts';
import { createCore } from '../../controller/reconcile/core.ts';
import { quietHost } from '../support/quiet-host.ts';
import { createMemoryEngine } from '../support/memory-engine.ts';
import { wish } from '../support/plan-builders.ts';
import { createSeededRandom } from '../support/random.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';
import { environment, noon, openTestStore, project } from '../store/support.ts';

/** A record with one project that may use 10 cores, and a core that was not started. */
const setUp = (
  rows: readonly (Partial<EnvironmentRecord> & { readonly environment: string })[],
) => {
  const { store, hand } = openTestStore();
  store.projects.insert(project());
  hand.exec('UPDATE project_quotas SET max_cpu_cores = 10');
  const clock = createSimulatedClock();
  const { reader, writer } = createMemoryEngine({ clock });
  const unread = { kind: 'unreadable', message: 'not asked' } as const;
  const core = createCore({
    store,
    reader,
    writer,
    specs: {
      read: () => Promise.resolve(unread),
      resolve: () => Promise.reject(new Error('not asked')),
      discover: () => Promise.reject(new Error('not asked')),
    },
    hostPorts: { free: (ports) => Promise.resolve(ports.map(() => true)) },
    clock,
    random: createSeededRandom(1),
    ...quietHost(),
    instance: 'test',
    loginName: () => null,
  });
  const want = (key: EnvironmentKey, cpus: number): void =>
    void core.deps.memory.wishes.set(key, { kind: 'wanted', environment: wish({ cpus }) });
  for (const row of rows) {
    store.environments.insert(environment(row));
    want(`p1/${row.environment}`, 6);
  }
  const requestedAt = (name: string): number | null | undefined =>
    store.environments.get(`p1/${name}`)?.requestedAt;
  return { store, core, want, requestedAt };
};

test('what asks again for what it has is counted once', async () => {
  const { core, store } = setUp([
    { environment: 'a', grantedAt: noon, grantedCpus: 6, containerId: 'c1' },
  ]);
  expect(await core.admission.ask('p1/a')).toMatchObject({ kind: 'grant' });
  const record = store.environments.get('p1/a');
  expect(record).not.toBeNull();
  if (record !== null)
    expect((await rehearse(core.deps, record, wish({ cpus: 10 })))?.kind).toBe('grant');
});

test('only who has to wait is written down, and keeps its place', async () => {
  const { core, store, requestedAt, want } = setUp([
    { environment: 'a' },
    { environment: 'b' },
    { environment: 'c' },
  ]);
  const began = core.deps.clock.now();
  const [a, b] = await Promise.all([core.admission.ask('p1/a'), core.admission.ask('p1/b')]);
  expect([a?.kind, b?.kind]).toEqual(['grant', 'wait']);
  expect([requestedAt('a'), requestedAt('b')]).toEqual([null, began]);
  // Room for one more: the one that waits has it, whoever asks.
  store.environments.update('p1/a', { grantedAt: null });
  want('p1/c', 6);
  expect(await core.admission.ask('p1/c')).toMatchObject({ kind: 'wait', reason: 'QuotaExceeded' });
  expect(requestedAt('b')).toBeNull();
  expect(store.environments.get('p1/b')?.grantedAt).not.toBeNull();
});

test('another project has its own limits and counts in none of them', async () => {
  const { core, store, want } = setUp([{ environment: 'a', grantedAt: noon }]);
  store.projects.insert(project({ id: 'p2', path: '/home/bob/vision', inode: '2' }));
  store.environments.insert(environment({ projectId: 'p2', environment: 'b' }));
  want('p2/b', 100);
  expect(await core.admission.ask('p2/b')).toMatchObject({ kind: 'grant' });
});
