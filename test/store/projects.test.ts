import { expect, test } from 'vitest';
import { container, environment, noon, openTestStore, project } from './support.ts';

test('a project comes back as it was written', () => {
  const { store } = openTestStore();
  const full = project({
    ownerSeen: { uid: 0, gid: 0 },
    subnet: '10.200.1.0/28',
    specError: 'bad',
    vanishedAt: noon,
    revision: 'abc',
  });
  store.projects.insert(full);
  store.projects.insert(project({ id: 'p2', path: '/a' }));
  expect(store.projects.get('p1')).toEqual(full);
  expect(store.projects.byPath('/home/ada/vision')).toEqual(full);
  expect(store.projects.list().map(({ id }) => id)).toEqual(['p2', 'p1']);
  expect(store.projects.get('p3')).toBeNull();
  expect(store.projects.byPath('/b')).toBeNull();
  expect(() => {
    store.projects.insert(project({ id: 'p3' }));
  }).toThrow(/UNIQUE/);
});

test('update changes what it names', () => {
  const { store } = openTestStore();
  store.projects.insert(project({ ownerSeen: { uid: 1, gid: 2 } }));
  store.projects.update('p1', { subnet: '10.0.0.0/28', ownerSeen: null });
  store.projects.update('gone', { subnet: 'x' });
  expect(store.projects.list()).toEqual([project({ subnet: '10.0.0.0/28' })]);
});

test('a move takes the quota and what lives with it, and leaves history where it was', () => {
  const { store, hand } = openTestStore();
  hand.exec(`INSERT INTO project_quotas (project_path, max_containers) VALUES ('/new', 99)`);
  store.projects.insert(project());
  hand.exec("UPDATE project_quotas SET max_gpus = 4 WHERE project_path <> '/new'");
  store.containers.observe(container());
  store.containers.observe(container({ containerId: 'c0', containerName: 'x', status: 'deleted' }));
  store.projects.update('p1', { path: '/new' });
  expect(store.quotas.all()).toMatchObject([
    { projectPath: '/new', maxContainers: 5, maxGpus: 4, currentContainers: 1, currentGpus: 2 },
  ]);
  expect(
    hand
      .prepare('SELECT project_path FROM container_instances ORDER BY container_id')
      .pluck()
      .all(),
  ).toEqual(['/home/ada/vision', '/new']);
  expect(store.quotas.recompute()).toEqual([]);
});

test('a move onto a project that is there changes nothing', () => {
  const { store } = openTestStore();
  store.projects.insert(project());
  store.projects.insert(project({ id: 'p2', path: '/b' }));
  expect(() => {
    store.projects.update('p2', { path: '/home/ada/vision' });
  }).toThrow(/UNIQUE/);
  expect(store.projects.get('p2')?.path).toBe('/b');
  expect(store.quotas.get('/b')).not.toBeNull();
});

test("removal takes all that is the project's own; containers and quota stay", () => {
  const { store } = openTestStore();
  const key = 'p1/notebook' as const;
  store.projects.insert(project());
  store.environments.insert(environment());
  store.holds.add({ projectId: 'p1', environment: null, kind: 'down', by: 'ada', at: noon });
  store.intents.open({
    projectId: 'p1',
    environment: 'notebook',
    effect: 'stop',
    detail: '',
    at: noon,
  });
  store.containers.observe(container());
  store.projects.remove('p1');
  expect(store.projects.list()).toEqual([]);
  expect(store.environments.all()).toEqual([]);
  expect(store.holds.all()).toEqual([]);
  expect(store.holds.of(key)).toEqual([]);
  expect(store.intents.unfinished()).toEqual([]);
  expect(store.containers.live('p1')).toHaveLength(1);
  expect(store.quotas.get('/home/ada/vision')?.currentContainers).toBe(1);
});
