import { expect, it } from 'vitest';
import type { Api } from '../../controller/model/api.ts';
import { createService } from '../../controller/service/service.ts';
import type { World } from '../support/world.ts';
import { by, containerOf, folder, here, reason, running, write } from './bench.ts';

const freeze = (world: World, why = 'the disk is full') =>
  world.ask((api) => api.freeze({ why, by }));
const thaw = (world: World) => world.ask((api) => api.thaw({ by }));
const target = { path: folder, environment: null, by };
const one = { ref: here('web'), by };

it.each<readonly [string, (api: Api) => Promise<unknown>]>([
  ['up', (api) => api.up({ ...target, approve: [] })],
  ['down', (api) => api.down(target)],
  ['remove', (api) => api.remove({ ...target, volumes: false })],
  ['restart', (api) => api.restart(one)],
  ['approve', (api) => api.approve(one)],
  ['resume', (api) => api.resume(one)],
  ['confirm', (api) => api.confirm({ user: null, by })],
  [
    'rollback',
    (api) =>
      api.rollback({ scope: { kind: 'path', path: folder }, revision: null, resume: false, by }),
  ],
])('a frozen host refuses %s, and says who froze it and why', async (_, ask) => {
  const world = await running({ web: 'image: app:1' });
  await freeze(world);
  await expect(world.ask(ask)).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringMatching(
      /frozen by ada at .* \(the disk is full\); mlenv thaw lets it go on/,
    ) as string,
  });
});

it('can be looked at and held, and its containers entered', async () => {
  const world = await running({ web: 'image: app:1' });
  await freeze(world);
  const before = world.engine.mutations.length;
  await world.ask((api) => api.suspend(one));
  const { notices } = await world.ask((api) => api.status({ kind: 'all' }));
  expect(notices).toMatchObject([{ project: null, reason: 'Frozen' }]);
  const { environments } = await world.ask((api) => api.plan(folder));
  expect(environments).toMatchObject([{ steps: [], holds: [{ reason: 'Suspended' }] }]);
  expect(world.engine.mutations.length).toBe(before);
  const options = { tty: false, stdin: false, env: {}, columns: null, rows: null };
  const session = await world.ask((api) => api.exec(here('web'), { ...options, argv: ['true'] }));
  session.close();
});

it('shows in a plan what would be done, and that it waits', async () => {
  const world = await running({ web: 'image: app:1' });
  await freeze(world);
  write(world, { web: 'image: app:2' });
  const { environments } = await world.ask((api) => api.plan(folder));
  expect(environments[0]?.steps.map(({ kind }) => kind)).toContain('create');
  expect(environments[0]?.holds).toMatchObject([{ reason: 'Frozen' }]);
});

it('is frozen once, and tells a second person of the first', async () => {
  const world = await running({ web: 'image: app:1' });
  expect((await freeze(world)).messages).toEqual(['frozen; mlenv thaw lets it go on']);
  const again = await world.ask((api) => api.freeze({ why: 'me too', by: 'bob' }));
  expect(again.messages).toEqual([expect.stringContaining('frozen by ada')]);
  expect((await thaw(world)).messages).toEqual(['thawed; it had been frozen by ada']);
  expect((await thaw(world)).messages).toEqual(['this host is not frozen']);
});

it('is written down, with what it was before', async () => {
  const world = await running({ web: 'image: app:1' });
  await freeze(world);
  await thaw(world);
  const query = { project: null, user: null, since: null, limit: 2 };
  const { items } = await world.ask((api) => api.audit(query));
  const frozen = { by: 'ada', why: 'the disk is full' };
  expect(items).toMatchObject([
    { action: 'freeze', resourceType: 'host', before: { frozen: null }, after: { frozen } },
    { action: 'thaw', resourceType: 'host', before: { frozen }, after: { frozen: null } },
  ]);
});

it('breaks off a pull, which begins anew after the thaw', async () => {
  const world = await running({ web: 'image: app:1' });
  world.engine.addPullable('big:1', { ticks: 10, tickMs: 3000 });
  write(world, { web: 'image: big:1' });
  await world.until('it pulls', () => reason(world, 'web') === 'ImagePulling');
  await freeze(world);
  const before = world.engine.mutations.length;
  await world.advance(120_000);
  expect(reason(world, 'web')).toBe('Frozen');
  expect(world.engine.mutations.length).toBe(before);
  await thaw(world);
  await world.until('it runs', () => containerOf(world, 'web').config.image === 'big:1');
});

it('lets a stop that was asked for come to its end, and does nothing after it', async () => {
  const deaf = `init: false, command: [sh, -c, "trap '' TERM; sleep 100000"], stopGrace: 30s`;
  const world = await running({ web: `image: app:1, ${deaf}` });
  await world.advance(1000);
  await world.ask((api) => api.restart(one));
  await world.until('it stops', () => reason(world, 'web') === 'Stopping');
  await freeze(world);
  expect(containerOf(world, 'web').state).toBe('running');
  await world.advance(60_000);
  expect(reason(world, 'web')).toBe('Frozen');
  expect(containerOf(world, 'web').state).toBe('exited');
});

it('stays frozen where nobody can read what was written', async () => {
  const world = await running({ web: 'image: app:1' });
  world.process?.store.meta.set('frozen', 'by hand');
  await expect(world.ask((api) => api.restart(one))).rejects.toThrow(
    /frozen by somebody at .* \(by hand\)/,
  );
});

const observe = (world: World, on: boolean, by = 'ada') =>
  world.ask((api) => api.observe({ on, by }));

it('only observes once, says so, runs no command in a container, and acts again at one word', async () => {
  const world = await running({ web: 'image: app:1' });
  expect((await observe(world, true)).messages).toEqual([
    'MLEnv only observes from now on; mlenv observe off lets it act',
  ]);
  expect((await observe(world, true, 'bob')).messages).toEqual([
    expect.stringMatching(/only observes this host .* as ada said at .*; mlenv observe off/),
  ]);
  const options = { tty: false, stdin: false, env: {}, columns: null, rows: null };
  const refused = { code: 'refused', message: expect.stringContaining('only observes') as string };
  await expect(
    world.ask((api) => api.exec(here('web'), { ...options, argv: ['true'] })),
  ).rejects.toMatchObject(refused);
  await expect(world.ask((api) => api.up({ ...target, approve: [] }))).rejects.toMatchObject(
    refused,
  );
  const { notices } = await world.ask((api) => api.status({ kind: 'all' }));
  expect(notices).toMatchObject([{ project: null, reason: 'Observing' }]);
  expect((await observe(world, false)).messages).toEqual([
    'MLEnv acts from now on; it had observed since ada said so',
  ]);
  expect((await observe(world, false)).messages).toEqual([
    'MLEnv does not only observe: it acts on this host',
  ]);
});

it('stays frozen when it no longer observes, and says so', async () => {
  const world = await running({ web: 'image: app:1' });
  await freeze(world);
  await observe(world, true);
  const { notices } = await world.ask((api) => api.status({ kind: 'all' }));
  expect(notices.map(({ reason: why }) => why)).toEqual(['Observing', 'Frozen']);
  expect((await observe(world, false)).messages[1]).toMatch(/^Still, the host was frozen by ada/);
  await expect(world.ask((api) => api.restart(one))).rejects.toThrow('frozen by ada');
});

it('writes down who let it observe and act', async () => {
  const world = await running({ web: 'image: app:1' });
  await observe(world, true);
  await observe(world, false, 'bob');
  const query = { project: null, user: null, since: null, limit: 2 };
  const { items } = await world.ask((api) => api.audit(query));
  expect(items).toMatchObject([
    { action: 'observe', resourceType: 'host', after: { observing: { by: 'ada' } } },
    { action: 'act', resourceType: 'host', after: { observing: null } },
  ]);
});

it('says that a controller with --observe observes again when it starts anew', async () => {
  const world = await running({ web: 'image: app:1' });
  const core = world.process?.core;
  if (core === undefined) throw new Error('no controller lives');
  const started = createService({
    core,
    version: () => Promise.reject(new Error('nobody asks')),
    scrape: () => '',
    reconciles: true,
    startsObserving: true,
  });
  await started.observe({ on: true, by });
  expect((await started.observe({ on: false, by })).messages[1]).toContain('--observe');
  await observe(world, true);
  expect((await observe(world, false)).messages).toHaveLength(1);
});
