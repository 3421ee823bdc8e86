import { expect, test } from 'vitest';
import { noLimits } from '../../controller/model/quota.ts';
import { openTestStore, project } from './support.ts';

const path = '/home/ada/vision';

test('a user has one row, whose name follows the name service', () => {
  const { store, hand } = openTestStore();
  store.people.see(1000, null, null);
  expect(store.people.get(1000)).toEqual({ uid: 1000, username: null, email: null });
  hand.exec("UPDATE users SET email = 'ada@example.org'");
  store.people.see(1000, 'ada', null);
  store.people.see(1000, null, null);
  expect(store.people.all()).toEqual([{ uid: 1000, username: 'ada', email: 'ada@example.org' }]);
  store.people.see(1001, 'ada', 'ada@lab.example');
  expect(store.people.byName('ada')?.uid).toBe(1001);
  expect(store.people.get(1000)?.username).toBeNull();
  expect(hand.prepare(`SELECT email FROM users WHERE username = 'ada'`).pluck().all()).toEqual([
    'ada@lab.example',
  ]);
});

test('limits of users and groups read back as they were set', () => {
  const { store, hand } = openTestStore();
  const said = { containers: 'unlimited', cpus: 0.5, memoryBytes: 1.5 * 2 ** 30, gpus: 0 } as const;
  expect(store.people.limitsOf(1000)).toEqual(noLimits);
  store.people.setUser(1000, said);
  store.people.setGroup('domain users', { ...noLimits, memoryBytes: 'unlimited' });
  expect(store.people.limitsOf(1000)).toEqual(said);
  expect(store.people.groupLimits()).toEqual(
    new Map([['domain users', { ...noLimits, memoryBytes: 'unlimited' }]]),
  );
  store.people.setUser(1000, noLimits);
  store.people.setGroup('domain users', noLimits);
  expect(store.people.limitsOf(1000)).toEqual(noLimits);
  expect(store.people.groupLimits()).toEqual(new Map());
  expect(hand.prepare('SELECT count(*) FROM quota_profiles').pluck().get()).toBe(0);
});

test('a profile that a hand wrote counts, and is not changed with one of those who share it', () => {
  const { store, hand } = openTestStore();
  hand.exec(`INSERT INTO quota_profiles (name, max_gpus, max_memory_gb) VALUES ('students', 2, -1);
    INSERT INTO users (id, username, quota_profile_id) VALUES (1000, 'ada', 1), (1001, 'bob', 1);
    INSERT INTO group_quotas VALUES ('students', 1);`);
  const students = { ...noLimits, gpus: 2, memoryBytes: 'unlimited' } as const;
  expect(store.people.limitsOf(1001)).toEqual(students);
  store.people.setUser(1000, { ...students, gpus: 4 });
  expect(store.people.limitsOf(1000)).toEqual({ ...students, gpus: 4 });
  expect(store.people.limitsOf(1001)).toEqual(students);
  expect(store.people.groupLimits().get('students')).toEqual(students);
});

test.each(['max_containers = -2', 'max_gpus = 1.5', 'max_memory_gb = -0.5'])(
  'a profile with %s is refused',
  (assignment) => {
    const { hand } = openTestStore();
    hand.exec("INSERT INTO quota_profiles (name) VALUES ('x')");
    expect(() => hand.exec(`UPDATE quota_profiles SET ${assignment}`)).toThrow(/constraint|store/);
  },
);

test('who answers for a project may be somebody else than its folder says', () => {
  const { store } = openTestStore();
  store.projects.insert(project());
  expect(store.people.ownerOf('p1')).toBeNull();
  store.people.setOwner('p1', 1001);
  expect(store.people.usage()).toEqual(
    new Map([[1001, { containers: 0, cpus: 0, memoryBytes: 0, gpus: 0 }]]),
  );
  store.people.setOwner('p1', null);
  expect([...store.people.usage().keys()]).toEqual([1000]);
  store.people.setOwner('p1', 1001);
  store.projects.remove('p1');
  expect(store.people.ownerOf('p1')).toBeNull();
});

test('a budget of a project reads back as it was set; what a hand wrote counts as far as it is known', () => {
  const { store, hand } = openTestStore();
  store.projects.insert(project());
  const row = store.quotas.get(path);
  if (row === null) throw new Error('no row');
  const limits = {
    projectPath: path,
    maxContainers: null,
    maxCpuCores: 0.5,
    maxMemoryGb: 1.5,
    maxGpus: 4,
    overrides: { containers: 'set', memoryBytes: 'config' },
    defaulted: { containers: 5, memoryBytes: 2 },
  } as const;
  store.quotas.set(limits);
  expect(store.quotas.get(path)).toMatchObject(limits);
  hand.exec(
    `UPDATE project_quotas SET overrides = '{"gpus":1,"gpu":"set"}', defaulted = '{"cpus":"x"}'`,
  );
  expect(store.quotas.get(path)).toMatchObject({ overrides: { gpus: 'set' }, defaulted: {} });
  expect(() => hand.exec("UPDATE project_quotas SET overrides = 'gpus'")).toThrow(/JSON/);
});
