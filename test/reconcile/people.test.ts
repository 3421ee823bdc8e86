import { expect, test } from 'vitest';
import { defaultHostConfig, type HostConfig } from '../../controller/model/config.ts';
import type { People } from '../../controller/model/people.ts';
import { noLimits } from '../../controller/model/quota.ts';
import { createCore } from '../../controller/reconcile/core.ts';
import { settlePeople } from '../../controller/reconcile/people.ts';
import { container, environment, openTestStore, project } from '../store/support.ts';
import { createMemoryEngine } from '../support/memory-engine.ts';
import { wish } from '../support/plan-builders.ts';
import { quietConfig, quietHost } from '../support/quiet-host.ts';
import { createSeededRandom } from '../support/random.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const people: People = {
  of: (uid) =>
    uid === 1000 ? { name: 'ada', groups: ['students'] } : { name: `u${uid}`, groups: null },
  uidOf: (name) => (name === 'bob' ? 1001 : null),
  look: () => Promise.resolve(),
  hasGroup: () => Promise.resolve(null),
};

/** Two projects of ada's, vision and speech, with one environment each that asks for six cores. */
const setUp = (over: Partial<HostConfig>) => {
  const { store, hand } = openTestStore();
  const clock = createSimulatedClock();
  const { reader, writer } = createMemoryEngine({ clock });
  let config: HostConfig = { ...quietConfig(), ...over };
  const core = createCore({
    store,
    reader,
    writer,
    specs: {
      read: () => Promise.resolve({ kind: 'unreadable', message: 'not asked' }),
      resolve: () => Promise.reject(new Error('not asked')),
      discover: () => Promise.reject(new Error('not asked')),
    },
    hostPorts: { free: (ports) => Promise.resolve(ports.map(() => true)) },
    clock,
    random: createSeededRandom(1),
    ...quietHost(),
    config: { current: () => config },
    instance: 'test',
    loginName: () => null,
    people,
  });
  for (const [id, name] of [
    ['p1', 'vision'],
    ['p2', 'speech'],
  ] as const) {
    store.projects.insert(project({ id, name, path: `/srv/${name}`, inode: id }));
    store.environments.insert(environment({ projectId: id, environment: 'train' }));
    core.deps.memory.wishes.set(`${id}/train`, {
      kind: 'wanted',
      environment: wish({ name: 'train', cpus: 6 }),
    });
  }
  const ask = async (id: 'p1' | 'p2'): Promise<string> => {
    const answer = await core.admission.ask(`${id}/train`);
    return answer?.kind === 'wait' ? answer.message : String(answer?.kind);
  };
  const setConfig = (next: Partial<HostConfig>): void => {
    config = { ...config, ...next };
  };
  return { store, hand, core, ask, setConfig };
};

const quotas = (over: Partial<HostConfig['quotas']>): Partial<HostConfig> => ({
  quotas: { ...defaultHostConfig.quotas, ...over },
});
const cpus = (limit: number) => ({ ...noLimits, cpus: limit });

test('two projects of one owner share the limit of the owner', async () => {
  const { ask } = setUp(quotas({ groups: new Map([['students', cpus(10)]]) }));
  expect(await ask('p1')).toBe('grant');
  expect(await ask('p2')).toBe(
    'ada has 6 of 10 CPU cores in use (vision/train) and this needs 6; limit of group students',
  );
});

test('a profile that a hand wrote stands above the file', async () => {
  const { ask, hand } = setUp(quotas({ users: new Map([['ada', cpus(1)]]) }));
  hand.exec(`INSERT INTO quota_profiles (name, max_cpu_cores) VALUES ('big', 12);
    INSERT INTO users (id, quota_profile_id) VALUES (1000, 1)
    ON CONFLICT (id) DO UPDATE SET quota_profile_id = 1`);
  expect(await ask('p1')).toBe('grant');
  expect(await ask('p2')).toBe('grant');
});

test('a project with a budget of its own does not count for its owner, and the row says so', async () => {
  const { ask, store } = setUp(
    quotas({ user: cpus(6), projects: new Map([['/srv/vision', cpus(6)]]) }),
  );
  expect([await ask('p1'), await ask('p2')]).toEqual(['grant', 'grant']);
  expect(store.quotas.get('/srv/vision')).toMatchObject({
    maxCpuCores: 6,
    overrides: { cpus: 'config' },
  });
  expect(store.people.usage().get(1000)).toMatchObject({ cpus: 6 });
});

test('whom the configuration names answers for the project, also for containers that are there', async () => {
  const { ask, store, hand, core, setConfig } = setUp({
    ...quotas({ user: cpus(6) }),
    owners: new Map([['/srv/vision', 'bob']]),
  });
  store.containers.observe(container({ projectPath: '/srv/vision', environment: 'train' }));
  expect([await ask('p1'), await ask('p2')]).toEqual(['grant', 'grant']);
  const owner = hand.prepare('SELECT user_id FROM container_instances').pluck();
  expect(owner.get()).toBe(1001);
  expect(store.people.all().map(({ uid, username }) => [uid, username])).toEqual([
    [1000, 'ada'],
    [1001, 'u1001'],
  ]);
  // A name that nobody bears leaves what was.
  setConfig({ owners: new Map([['/srv/vision', 'nobody-here']]) });
  settlePeople(core.deps);
  expect(store.people.ownerOf('p1')).toBe(1001);
  setConfig({ owners: new Map() });
  settlePeople(core.deps);
  expect([store.people.ownerOf('p1'), owner.get()]).toEqual([null, 1000]);
});

test('whose groups cannot be read counts as in none, and hears it', async () => {
  const { ask } = setUp({
    ...quotas({ user: cpus(4), groups: new Map([['staff', cpus(100)]]) }),
    owners: new Map([['/srv/vision', 'bob']]),
  });
  expect(await ask('p1')).toBe(
    'this needs 6 CPU cores and u1001 may have 4 in all; limit of every user; the groups of u1001 could not be read',
  );
});

test('a limit that is lowered below use lets what runs run, and a raised one lets through', async () => {
  const { ask, setConfig, store } = setUp(quotas({ user: cpus(12) }));
  expect(await ask('p1')).toBe('grant');
  setConfig(quotas({ user: cpus(2) }));
  expect(await ask('p1')).toBe('grant');
  expect(store.environments.get('p1/train')?.grantedAt).not.toBeNull();
  expect(await ask('p2')).toContain('ada may have 2 in all');
  setConfig(quotas({ user: cpus(12) }));
  expect(await ask('p2')).toBe('grant');
});

test('defaults for projects reach every row, and an environment without limits gets what the host says', async () => {
  const { ask, core, store } = setUp({
    ...quotas({ project: { ...noLimits, containers: 9, cpus: 8 } }),
    defaults: { cpus: 3, memoryBytes: 2 ** 30 },
  });
  core.deps.memory.wishes.set('p1/train', {
    kind: 'wanted',
    environment: wish({ name: 'train', cpus: null, memoryBytes: null }),
  });
  expect(await ask('p1')).toBe('grant');
  expect(store.environments.get('p1/train')).toMatchObject({
    grantedCpus: 3,
    grantedMemoryBytes: 2 ** 30,
    grantedAt: expect.any(Number) as number,
  });
  for (const path of ['/srv/vision', '/srv/speech']) {
    expect(store.quotas.get(path)).toMatchObject({ maxContainers: 9, maxCpuCores: 8 });
  }
});
