import { expect, onTestFinished, test } from 'vitest';
import type { Api } from '../../controller/model/api.ts';
import { defaultHostConfig, type HostConfig } from '../../controller/model/config.ts';
import type { People } from '../../controller/model/people.ts';
import { noLimits } from '../../controller/model/quota.ts';
import type { QuotaItem, QuotaSubject } from '../../controller/model/quota-api.ts';
import { createCore } from '../../controller/reconcile/core.ts';
import { authorize } from '../../controller/service/authorize.ts';
import { createService } from '../../controller/service/service.ts';
import { environment, openTestStore, project } from '../store/support.ts';
import { fakeWorld } from '../support/api-fake.ts';
import { committed } from '../support/generated.ts';
import { createMemoryEngine } from '../support/memory-engine.ts';
import { wish } from '../support/plan-builders.ts';
import { quietConfig, quietHost } from '../support/quiet-host.ts';
import { createSeededRandom } from '../support/random.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const people: People = {
  of: (uid) =>
    uid === 1000
      ? { name: 'ada', groups: ['students'] }
      : uid === 1001
        ? { name: 'bob', groups: [] }
        : { name: uid === 1002 ? 'eve' : null, groups: null },
  uidOf: (name) => ({ ada: 1000, bob: 1001, eve: 1002 })[name] ?? null,
  look: () => Promise.resolve(),
  hasGroup: async (name) => name === 'students',
};

const gib = 2 ** 30;
const by = 'root';

/** vision and speech are ada's, nets is bob's; each has one environment that asks for six cores. */
const setUp = (quotas: Partial<HostConfig['quotas']> = {}) => {
  const { store, hand } = openTestStore();
  const clock = createSimulatedClock();
  const { reader, writer } = createMemoryEngine({ clock });
  let reading: HostConfig['people']['reading'] = 'open';
  const config = {
    ...quietConfig(),
    quotas: { ...defaultHostConfig.quotas, ...quotas },
  };
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
    config: { current: () => ({ ...config, people: { ...config.people, reading } }) },
    instance: 'test',
    loginName: () => null,
    people,
  });
  for (const [id, name, uid] of [
    ['p1', 'vision', 1000],
    ['p2', 'speech', 1000],
    ['p3', 'nets', 1001],
  ] as const) {
    const owner = { uid, gid: uid };
    store.projects.insert(project({ id, name, path: `/srv/${name}`, inode: id, owner }));
    store.environments.insert(environment({ projectId: id, environment: 'train' }));
    core.deps.memory.wishes.set(`${id}/train`, {
      kind: 'wanted',
      environment: wish({ name: 'train', cpus: 6, memoryBytes: gib }),
    });
  }
  const grant = async (id: 'p1' | 'p2' | 'p3'): Promise<string> => {
    const answer = await core.admission.ask(`${id}/train`);
    return answer?.kind === 'wait' ? answer.message : String(answer?.kind);
  };
  const as = (uid: number): Api =>
    authorize({
      core,
      ownUid: 0,
      asker: async () => ({ uid, name: people.of(uid).name ?? 'root', groups: [] }),
      service: (who) =>
        createService({
          ...who,
          core,
          reconciles: true,
          version: async () => fakeWorld().version,
          scrape: () => fakeWorld().scrape,
        }),
    });
  const api = as(0);
  const one = async (subject: QuotaSubject): Promise<QuotaItem> => {
    const { items } = await api.quotas({ subject });
    const [item] = items;
    if (item === undefined || items.length > 1) throw new Error(`${items.length} items`);
    return item;
  };
  const log = () =>
    store.audit
      .list({ reader: null, project: null, user: null, since: null, limit: 100 })
      .map(({ details, ...row }) => ({ ...row, ...(JSON.parse(details) as object) }));
  onTestFinished(() => core.stop());
  return { api, as, one, grant, store, hand, log, readOwn: () => (reading = 'own') };
};

const ada: QuotaSubject = { kind: 'user', user: 'ada' };
const vision: QuotaSubject = { kind: 'project', project: 'vision' };
const students: QuotaSubject = { kind: 'group', group: 'students' };
const cpus = (limit: number) => ({ ...noLimits, cpus: limit });

test('each limit is told with who says so, and what is in use', async () => {
  const { api, one, grant } = setUp({
    project: { ...noLimits, containers: 5, cpus: 8 },
    user: { ...noLimits, containers: 9, memoryBytes: 64 * gib },
    groups: new Map([['students', cpus(10)]]),
    users: new Map([['ada', { ...noLimits, gpus: 'unlimited' }]]),
    projects: new Map([['/srv/speech', cpus(20)]]),
  });
  expect([await grant('p1'), await grant('p2')]).toEqual(['grant', 'grant']);
  expect(await one(vision)).toEqual({
    kind: 'project',
    name: 'vision',
    uid: null,
    path: '/srv/vision',
    owner: 'ada',
    limits: {
      containers: { limit: 5, from: 'built in', used: 1 },
      cpus: { limit: 8, from: 'config', used: 6 },
      memoryBytes: { limit: null, from: 'built in', used: gib },
      gpus: { limit: null, from: 'built in', used: 0 },
    },
  });
  expect((await one({ kind: 'project', project: '/srv/speech' })).limits.cpus).toEqual({
    limit: 20,
    from: 'config',
    used: 6,
  });
  // What speech has a budget of its own for does not count for ada.
  expect((await one(ada)).limits).toEqual({
    containers: { limit: 9, from: 'every user', used: 2 },
    cpus: { limit: 10, from: 'group students', used: 6 },
    memoryBytes: { limit: 64 * gib, from: 'every user', used: 2 * gib },
    gpus: { limit: null, from: 'config', used: 0 },
  });
  expect((await one(students)).limits).toMatchObject({
    containers: { limit: 9, from: 'every user', used: null },
    cpus: { limit: 10, from: 'config', used: null },
    gpus: { limit: null, from: 'built in', used: null },
  });
  const all = await api.quotas({ subject: null });
  expect(all.items.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'project nets',
    'project speech',
    'project vision',
    'user ada',
    'user bob',
    'group students',
  ]);
});

test('a limit that is set stands above the configuration until it is inherited again', async () => {
  const { api, one, grant } = setUp({ users: new Map([['ada', cpus(1)]]) });
  const waits = 'this needs 6 CPU cores and ada may have 1 in all; limit of ada';
  expect(await grant('p1')).toBe(waits);
  await api.setQuota({ subject: ada, limits: { cpus: 7 }, by });
  expect((await one(ada)).limits.cpus).toEqual({ limit: 7, from: 'set', used: 0 });
  expect(await grant('p1')).toBe('grant');
  await api.setQuota({ subject: { kind: 'user', user: '1000' }, limits: { cpus: 'inherit' }, by });
  expect((await one(ada)).limits.cpus).toEqual({ limit: 1, from: 'config', used: 6 });
});

test('a limit of a group is its members’, and unlimited is one too', async () => {
  const { api, one, grant } = setUp({ user: cpus(1), groups: new Map([['students', cpus(2)]]) });
  await api.setQuota({ subject: students, limits: { cpus: 6 }, by });
  expect(await grant('p1')).toBe('grant');
  expect(await grant('p2')).toContain('limit of group students');
  await api.setQuota({ subject: students, limits: { cpus: 'unlimited' }, by });
  expect(await grant('p2')).toBe('grant');
  expect((await one(students)).limits.cpus).toEqual({ limit: null, from: 'set', used: null });
  await api.setQuota({ subject: students, limits: { cpus: 'inherit' }, by });
  expect((await one(students)).limits.cpus.from).toBe('config');
});

test('a limit of a project is a budget of its own, and inherit ends that', async () => {
  const { api, one, grant, store } = setUp({ user: cpus(6) });
  expect([await grant('p1'), (await grant('p2')).slice(0, 12)]).toEqual(['grant', 'ada has 6 of']);
  const limits = { cpus: 6, memoryBytes: 8 * gib, gpus: 'unlimited' } as const;
  await api.setQuota({ subject: vision, limits, by });
  expect(store.quotas.get('/srv/vision')).toMatchObject({
    maxCpuCores: 6,
    maxMemoryGb: 8,
    maxGpus: null,
    overrides: { cpus: 'set', memoryBytes: 'set', gpus: 'set' },
  });
  expect(await grant('p2')).toBe('grant');
  expect((await one(vision)).limits).toMatchObject({
    containers: { from: 'built in' },
    cpus: { limit: 6, from: 'set', used: 6 },
    gpus: { limit: null, from: 'set' },
  });
  await api.setQuota({ subject: vision, limits: { cpus: 'inherit' }, by });
  expect((await one(vision)).limits.cpus).toEqual({ limit: null, from: 'built in', used: 6 });
  expect(store.quotas.get('/srv/vision')?.overrides).toEqual({ memoryBytes: 'set', gpus: 'set' });
});

test('what a hand wrote into the row is told as such', async () => {
  const { hand, one } = setUp();
  hand.exec("UPDATE project_quotas SET max_gpus = 3 WHERE project_path = '/srv/vision'");
  expect((await one(vision)).limits.gpus).toEqual({ limit: 3, from: 'by hand', used: 0 });
});

test('a limit below what is in use stops nothing, and says so', async () => {
  const { api, grant, store } = setUp();
  await grant('p1');
  const { messages } = await api.setQuota({ subject: ada, limits: { cpus: 2 }, by });
  expect(messages).toEqual([
    'user ada has more in use than it may have now (CPU cores): what runs goes on, and nothing new starts until less is in use',
  ]);
  expect(store.environments.get('p1/train')?.grantedCpus).toBe(6);
});

test('who set what is written down, with what was before', async () => {
  const { api, log } = setUp();
  await api.setQuota({ subject: vision, limits: { gpus: 2 }, by: 'mallory' });
  await api.setQuota({ subject: vision, limits: { gpus: 'inherit' }, by: 'mallory' });
  await api.setQuota({ subject: ada, limits: { memoryBytes: gib, cpus: 1 }, by: 'mallory' });
  expect(log()).toMatchObject([
    {
      action: 'quota set',
      by: 'root',
      uid: 0,
      resourceType: 'project',
      resourceId: '/srv/vision',
      before: { gpus: 'inherit' },
      after: { gpus: 2 },
    },
    { before: { gpus: 2 }, after: { gpus: 'inherit' } },
    {
      resourceType: 'user',
      resourceId: 'ada',
      before: { memoryBytes: 'inherit', cpus: 'inherit' },
      after: { memoryBytes: gib, cpus: 1 },
    },
  ]);
});

test.each<[QuotaSubject, string]>([
  [{ kind: 'user', user: 'bbo' }, 'no user is named bbo; getent passwd must list the name'],
  [{ kind: 'user', user: '4711' }, 'no user has the uid 4711'],
  [{ kind: 'group', group: 'staff' }, 'no group is named staff; getent group must list the name'],
  [{ kind: 'project', project: 'visoin' }, 'no project is named visoin'],
  [{ kind: 'project', project: '/srv/x' }, 'no project is known at /srv/x'],
])('what is not known has no quota: %j', async (subject, message) => {
  const { api, log } = setUp();
  const fault = { code: 'not-found', message: expect.stringContaining(message) };
  await expect(api.quotas({ subject })).rejects.toMatchObject(fault);
  await expect(api.setQuota({ subject, limits: { gpus: 1 }, by })).rejects.toMatchObject(fault);
  expect(log()).toEqual([]);
});

test('a name of several projects means none of them, and nothing is no change', async () => {
  const { api, store } = setUp();
  store.projects.insert(project({ id: 'p4', name: 'vision', path: '/home/x', inode: 'p4' }));
  await expect(api.setQuota({ subject: vision, limits: { gpus: 1 }, by })).rejects.toThrow(
    '2 projects are named vision; name the folder you mean:\n',
  );
  await expect(api.setQuota({ subject: ada, limits: {}, by })).rejects.toMatchObject({
    code: 'usage',
  });
});

test('a check finds what a hand wrote, and a repair writes down what is held', async () => {
  const { api, grant, hand, log } = setUp();
  await grant('p1');
  expect(await api.checkQuotas({ repair: false, by })).toEqual({ repaired: false, wrong: [] });
  hand.exec("UPDATE project_quotas SET current_gpus = 7 WHERE project_path = '/srv/vision'");
  const holds = { containers: 1, cpus: 6, memoryBytes: gib, gpus: 0 };
  const wrong = [{ project: 'vision', path: '/srv/vision', says: { ...holds, gpus: 7 }, holds }];
  expect(await api.checkQuotas({ repair: false, by })).toMatchObject({ repaired: false, wrong });
  expect(log()).toEqual([]);
  expect(await api.checkQuotas({ repair: true, by })).toMatchObject({ repaired: true, wrong });
  expect(await api.checkQuotas({ repair: true, by })).toEqual({ repaired: false, wrong: [] });
  expect(log()).toMatchObject([
    { action: 'quota check', resourceId: '/srv/vision', before: { gpus: 7 }, after: { gpus: 0 } },
  ]);
});

test('reading that is own shows one’s own; setting and repairing is for administrators', async () => {
  const { as, hand, log, readOwn, store } = setUp({ groups: new Map([['students', cpus(2)]]) });
  hand.exec('UPDATE project_quotas SET current_gpus = 7');
  const seen = async () =>
    (await as(1001).quotas({ subject: null })).items.map(({ kind, name }) => `${kind} ${name}`);
  const found = async () =>
    (await as(1001).checkQuotas({ repair: false, by })).wrong.map(({ project: name }) => name);
  expect(await seen()).toHaveLength(6);
  expect(await found()).toHaveLength(3);
  readOwn();
  expect(await seen()).toEqual(['project nets', 'user bob']);
  expect(await found()).toEqual(['nets']);
  // Who answers for a project by the configuration reads of it.
  store.people.setOwner('p1', 1001);
  expect(await seen()).toEqual(['project nets', 'project vision', 'user bob']);
  const refused = { code: 'refused' };
  await expect(as(1000).setQuota({ subject: ada, limits: { gpus: 9 }, by })).rejects.toMatchObject(
    refused,
  );
  await expect(as(1000).checkQuotas({ repair: true, by })).rejects.toMatchObject(refused);
  expect(store.quotas.wrong()).toHaveLength(3);
  expect(log()).toMatchObject([
    { action: 'quota set', outcome: 'refused', resourceType: 'user', resourceId: 'ada' },
    { action: 'quota check', outcome: 'refused' },
  ]);
});

test('the queries of docs/quotas.md are answered', async () => {
  const { api, grant, hand } = setUp({ user: cpus(10) });
  await grant('p1');
  await api.setQuota({ subject: vision, limits: { gpus: 4 }, by });
  const queries = [...committed('docs/quotas.md').matchAll(/^```sql\n(.*?)^```$/gms)];
  const answers = queries.map(([, sql = '']) => hand.prepare(sql).all());
  expect(answers).toEqual([
    [
      {
        project_path: '/srv/nets',
        current_gpus: 0,
        max_gpus: null,
        current_containers: 0,
        max_containers: 5,
        overrides: '{}',
      },
      {
        project_path: '/srv/speech',
        current_gpus: 0,
        max_gpus: null,
        current_containers: 0,
        max_containers: 5,
        overrides: '{}',
      },
      {
        project_path: '/srv/vision',
        current_gpus: 0,
        max_gpus: 4,
        current_containers: 1,
        max_containers: 5,
        overrides: '{"gpus":"set"}',
      },
    ],
    [
      { username: 'ada', projects: 2, containers: 1, cpu_cores: 6, memory_gb: 1, gpus: 0 },
      { username: 'bob', projects: 1, containers: 0, cpu_cores: 0, memory_gb: 0, gpus: 0 },
    ],
    [],
    [],
  ]);
});

test('who has no project yet may have a limit, and is known by name from then on', async () => {
  const { api, store, log } = setUp();
  await api.setQuota({ subject: { kind: 'user', user: '1002' }, limits: { gpus: 1 }, by });
  expect(store.people.get(1002)?.username).toBe('eve');
  expect(log()).toMatchObject([{ resourceType: 'user', resourceId: 'eve' }]);
  const { items } = await api.quotas({ subject: null });
  expect(items.find(({ name }) => name === 'eve')).toMatchObject({
    uid: 1002,
    limits: { gpus: { limit: 1, from: 'set', used: 0 }, cpus: { limit: null, from: 'built in' } },
  });
});
