import { describe, expect, it } from 'vitest';
import type { World } from '../support/world.ts';
import {
  by,
  containerOf,
  folder,
  here,
  phase,
  reason,
  running,
  stranger,
  up,
  write,
} from './bench.ts';

const holds = (world: World): readonly string[] =>
  (world.process?.store.holds.all() ?? []).map(
    ({ environment, kind }) => `${environment ?? '*'} ${kind}`,
  );
const all = { path: folder, environment: null, by };
const one = (environment: string) => ({ ref: here(environment), by });
const keysOf = (world: World, ...names: readonly string[]): readonly string[] =>
  names.map((name) => `${world.project(folder)?.id}/${name}`);

describe('up', () => {
  it('makes the project known and names what it touched', async () => {
    const world = await stranger({ db: 'image: app:1', web: 'image: app:1' });
    const { keys, messages } = await up(world);
    expect(keys).toEqual(keysOf(world, 'db', 'web'));
    expect(messages).toEqual([]);
    expect(world.process?.store.quotas.all()).toMatchObject([{ maxContainers: 5 }]);
  });

  it('lifts down, rm and rebuilt, of the project and of each environment', async () => {
    const world = await running({ db: 'image: app:1', web: 'image: app:1' });
    await world.ask((api) => api.down(all));
    await world.ask((api) => api.remove({ ...all, environment: 'web', volumes: true }));
    expect(holds(world)).toEqual(['* down', 'web rm']);
    await up(world);
    expect(holds(world)).toEqual([]);
    expect(world.environment(folder, 'web')?.removeVolumes).toBe(false);
    await world.until('both run', () =>
      ['db', 'web'].every((name) => phase(world, name) === 'running.healthy'),
    );
  });

  it('of one environment lifts its own holds and no others', async () => {
    const world = await running({ db: 'image: app:1', web: 'image: app:1' });
    await world.ask((api) => api.down({ ...all, environment: 'db' }));
    await world.ask((api) => api.down({ ...all, environment: 'web' }));
    const { keys } = await up(world, { environment: 'web' });
    expect(keys).toEqual(keysOf(world, 'web'));
    expect(holds(world)).toEqual(['db down']);
  });

  it('leaves suspend to resume, and says so', async () => {
    const world = await running({ web: 'image: app:1' });
    await world.ask((api) => api.suspend(one('web')));
    expect((await up(world)).messages).toEqual([
      'web is suspended; mlenv resume web lets it go on',
    ]);
    expect(holds(world)).toEqual(['web suspend']);
  });

  it('approves what its person was shown, and nothing else', async () => {
    const protectedOnes = (image: string) => ({
      a: `image: "${image}", updates: manual`,
      b: `image: "${image}", updates: manual`,
    });
    const world = await running(protectedOnes('app:1'));
    write(world, protectedOnes('app:2'));
    await up(world, { approve: ['a'] });
    await world.until('a was let through', () => containerOf(world, 'a').config.image === 'app:2');
    await world.until('b waits', () => reason(world, 'b') === 'UpdatePending');
    expect(containerOf(world, 'b').config.image).toBe('app:1');
  });

  it('refuses a file with faults, a folder without one, and one that it cannot read', async () => {
    const world = await stranger({ web: 'imgae: app:1' });
    await expect(up(world)).rejects.toMatchObject({
      code: 'invalid-spec',
      diagnostics: expect.arrayContaining([expect.objectContaining({ line: 4 })]),
    });
    await expect(up(world, { path: '/home/ada' })).rejects.toMatchObject({ code: 'usage' });
    await expect(up(world, { path: '/nowhere' })).rejects.toMatchObject({ code: 'usage' });
    world.files.breakFolder(folder);
    await expect(up(world)).rejects.toMatchObject({ code: 'prerequisite' });
    expect(world.process?.store.projects.list()).toEqual([]);
  });
});

describe('restart', () => {
  it('runs a completed job again', async () => {
    const world = await running({ job: 'image: app:1' });
    world.engine.exit(containerOf(world, 'job').id, 0);
    await world.until('it completed', () => phase(world, 'job') === 'completed');
    await world.advance(1000);
    await world.ask((api) => api.restart(one('job')));
    await world.until('it runs again', () => phase(world, 'job') === 'running.healthy');
    expect(world.environment(folder, 'job')?.restartRequestedAt).toBeNull();
  });

  it.each([
    ['down', 'mlenv up lifts that'],
    ['suspend', 'mlenv resume lifts that'],
  ] as const)('is refused while %s holds it', async (kind, words) => {
    const world = await running({ web: 'image: app:1' });
    await world.ask((api) => (kind === 'down' ? api.down(all) : api.suspend(one('web'))));
    const asked = world.ask((api) => api.restart(one('web')));
    await expect(asked).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining(words),
    });
  });
});

describe('approve', () => {
  it('shows what it let through', async () => {
    const world = await running({ train: 'image: app:1, updates: manual' });
    write(world, { train: 'image: app:2, updates: manual' });
    await up(world);
    await world.until('it waits', () => reason(world, 'train') === 'UpdatePending');
    const { messages } = await world.ask((api) => api.approve(one('train')));
    expect(messages).toEqual([expect.stringContaining('image: app:1 → app:2')]);
    await world.until(
      'the new one runs',
      () => containerOf(world, 'train').config.image === 'app:2',
    );
    expect(world.environment(folder, 'train')?.approval).toBeNull();
  });

  it('says that nothing waits', async () => {
    const world = await running({ web: 'image: app:1' });
    expect((await world.ask((api) => api.approve(one('web')))).messages).toEqual([
      'nothing waits for approval in web',
    ]);
  });
});

describe('confirm', () => {
  it('lets a mass removal go on, and says how many that are', async () => {
    const many = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, 'image: app:1']));
    const world = await running(many);
    const asks = () => world.ask((api) => api.confirm({ user: null, by }));
    expect((await asks()).messages).toEqual(['nothing waits for it']);
    world.files.remove(folder);
    await world.until('it waits', () => reason(world, 'a') === 'MassRemoval', 900_000);
    expect(world.containers(folder, 'a')).toHaveLength(1);
    expect((await asks()).messages).toEqual(['4 may be removed']);
    await world.until('all is gone', () => world.ours().length === 0, 900_000);
  });
});

describe('every request', () => {
  it('that names nothing known is not found', async () => {
    const world = await running({ web: 'image: app:1' });
    const unknown = world.ask((api) => api.restart(one('wbe')));
    await expect(unknown).rejects.toMatchObject({
      code: 'not-found',
      message: 'no environment wbe in vision; there is web',
    });
    const elsewhere = world.ask((api) => api.down({ ...all, path: '/srv/other' }));
    await expect(elsewhere).rejects.toMatchObject({ code: 'not-found' });
  });
});
