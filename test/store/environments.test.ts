import { expect, test } from 'vitest';
import { environment, noon, openTestStore, project } from './support.ts';

const key = 'p1/notebook' as const;

test('an environment comes back as it was written', () => {
  const { store } = openTestStore();
  store.projects.insert(project());
  const full = environment({
    phase: 'running.healthy',
    reason: 'Healthy',
    message: 'well',
    containerId: 'c1',
    restarts: 3,
    lastFailure: 'exit 1',
    nextAttemptAt: noon + 1,
    vanishedAt: noon + 2,
    approval: { generation: 1, containerId: null, by: 'ada', at: noon },
    restartRequestedAt: noon + 3,
    grantedAt: noon + 4,
    requestedAt: noon + 5,
    handStop: { containerId: 'c1', at: noon },
    anonymousVolumes: [{ name: 'v', target: '/data' }],
    removeVolumes: true,
  });
  store.environments.insert(full);
  expect(store.environments.get(key)).toEqual(full);
  expect(store.environments.all()).toEqual([full]);
  expect(store.environments.ofProject('p1')).toEqual([full]);
  expect(store.environments.ofProject('p2')).toEqual([]);
  expect(store.environments.get('p1/other')).toBeNull();
});

test('those that wait for a grant are told, first come first', () => {
  const { store } = openTestStore();
  store.projects.insert(project());
  store.environments.insert(environment({ environment: 'a', requestedAt: noon + 5 }));
  store.environments.insert(environment({ environment: 'b' }));
  store.environments.insert(environment({ environment: 'c', requestedAt: noon }));
  const names = (): readonly string[] =>
    store.environments.requested().map(({ environment: name }) => name);
  expect(names()).toEqual(['c', 'a']);
  store.environments.update('p1/c', { requestedAt: null });
  expect(names()).toEqual(['a']);
});

test('update changes what it names and nothing else', () => {
  const { store } = openTestStore();
  store.projects.insert(project());
  store.environments.insert(environment());
  store.environments.insert(environment({ environment: 'db' }));
  store.environments.update(key, {
    generation: 2,
    raw: { image: 'x' },
    approval: { generation: 2, containerId: 'c1', by: 'ada', at: noon },
  });
  expect(store.environments.get(key)).toEqual(
    environment({
      generation: 2,
      raw: { image: 'x' },
      approval: { generation: 2, containerId: 'c1', by: 'ada', at: noon },
    }),
  );
  expect(store.environments.get('p1/db')).toEqual(environment({ environment: 'db' }));
});

test('an update that says nothing new writes nothing', () => {
  const { store, hand } = openTestStore();
  store.projects.insert(project());
  store.environments.insert(environment());
  const before = hand.pragma('data_version', { simple: true });
  store.environments.update(key, { phase: 'pending', approval: null });
  expect(hand.pragma('data_version', { simple: true })).toBe(before);
  store.environments.update(key, { phase: 'pulling' });
  expect(hand.pragma('data_version', { simple: true })).not.toBe(before);
});

test('an update of what is gone does nothing, a doubled uid throws', () => {
  const { store } = openTestStore();
  store.projects.insert(project());
  store.environments.update(key, { restarts: 1 });
  expect(store.environments.all()).toEqual([]);
  store.environments.insert(environment({ uid: 'same' }));
  expect(() => store.environments.insert(environment({ uid: 'same', environment: 'db' }))).toThrow(
    /UNIQUE/,
  );
});

test('words of another version are read as unknown', () => {
  const { store, hand } = openTestStore();
  store.projects.insert(project());
  store.environments.insert(environment());
  hand.exec(`UPDATE environments SET phase = 'dreaming', reason = 'NoSuchReason'`);
  expect(store.environments.get(key)).toMatchObject({ phase: 'unknown', reason: 'Pending' });
});

test('removal takes conditions and leases with it and leaves holds', () => {
  const { store } = openTestStore();
  store.projects.insert(project());
  store.environments.insert(environment());
  store.holds.add({ projectId: 'p1', environment: 'notebook', kind: 'rm', by: 'ada', at: noon });
  store.conditions.set(
    key,
    [{ type: 'Ready', status: 'True', reason: 'Running', message: '', observedGeneration: 1 }],
    noon,
  );
  store.ports.replace(key, [
    {
      projectId: 'p1',
      environment: 'notebook',
      container: 8888,
      protocol: 'tcp',
      hostIp: '127.0.0.1',
      host: 8888,
      auto: false,
    },
  ]);
  store.environments.remove(key);
  expect(store.environments.get(key)).toBeNull();
  expect(store.conditions.of(key)).toEqual([]);
  expect(store.ports.all()).toEqual([]);
  expect(store.holds.of(key)).toHaveLength(1);
});
