import { describe, expect, it } from 'vitest';
import type { PlannedEnvironment } from '../../controller/model/api.ts';
import { catalogueVersion, exportedImage } from '../support/image-builders.ts';
import type { World } from '../support/world.ts';
import { by, containerOf, folder, phase, reason, running, stranger, up, write } from './bench.ts';

const planOf = async (world: World, environment: string): Promise<PlannedEnvironment> => {
  const { environments } = await world.ask((api) => api.plan(folder));
  const found = environments.find((each) => each.environment === environment);
  if (found === undefined) throw new Error(`${environment} is not in the plan`);
  return found;
};

const kinds = ({ steps }: PlannedEnvironment): readonly string[] => steps.map(({ kind }) => kind);

describe('the plan of a project that is new', () => {
  it('creates and starts it, and writes nothing', async () => {
    const world = await stranger({ web: 'image: app:1, ports: [{ container: 80, host: auto }]' });
    const web = await planOf(world, 'web');
    expect(kinds(web)).toEqual(['create', 'start']);
    expect(web).toMatchObject({ inSync: false, needsApproval: false, holds: [], wouldLose: null });
    expect(world.project(folder)).toBeNull();
    expect(world.engine.containerNames).toEqual([]);
  });

  it('pulls what is not there first', async () => {
    const world = await stranger({ web: 'image: "far:1"' });
    expect(kinds(await planOf(world, 'web'))).toEqual(['pull', 'create', 'start']);
  });

  it('takes what comes up in the same go as there', async () => {
    const world = await stranger({ db: 'image: app:1', web: 'image: app:1, dependsOn: [db]' });
    expect(kinds(await planOf(world, 'db'))).toEqual(['create', 'start']);
    expect(kinds(await planOf(world, 'web'))).toEqual(['create', 'start']);
  });

  it('waits for what has failed', async () => {
    const world = await stranger({ db: 'image: app:1, restart: never' });
    await up(world);
    await world.until('it runs', () => phase(world, 'db') === 'running.healthy');
    world.engine.exit(containerOf(world, 'db').id, 3);
    await world.until('it failed', () => phase(world, 'db') === 'failed');
    write(world, {
      db: 'image: app:1, restart: never',
      web: 'image: app:1, dependsOn: { db: completed }',
    });
    expect((await planOf(world, 'web')).holds).toMatchObject([{ reason: 'DependencyNotReady' }]);
  });

  it('ends no pull that the passes want', async () => {
    const world = await stranger({ web: 'image: "far:1"' });
    world.engine.addPullable('far:1', { tickMs: 1000 });
    await up(world);
    await world.until('it is pulled', () => phase(world, 'web') === 'pulling');
    write(world, { web: 'image: app:1' });
    expect(kinds(await planOf(world, 'web'))).toEqual(['create', 'start']);
    expect(world.process?.core.deps.puller.state('far:1')).toMatchObject({ kind: 'pulling' });
  });
});

describe('the plan of a project that runs', () => {
  it('is in sync when nothing changed', async () => {
    const world = await running({ web: 'image: app:1' });
    expect(await planOf(world, 'web')).toMatchObject({ inSync: true, steps: [], changes: [] });
  });

  it('is of the file as it is, before any pass has read it', async () => {
    const world = await running({ web: 'image: app:1, memory: 1GB' });
    write(world, { web: 'image: app:1, memory: 2GB' });
    const web = await planOf(world, 'web');
    expect(kinds(web)).toEqual(['update']);
    expect(web.changes).toEqual([{ field: 'memory', how: 'in-place', from: '1 GB', to: '2 GB' }]);
    expect(world.environment(folder, 'web')?.generation).toBe(1);
  });

  it('pulls a new image that is not there before it stops the old container', async () => {
    const world = await running({ web: 'image: app:1' });
    write(world, { web: 'image: "far:1"' });
    expect(kinds(await planOf(world, 'web'))).toEqual([
      'pull',
      'stop',
      'remove',
      'create',
      'start',
    ]);
  });

  it('tells what of a protected training waits, what it would do, and what that would lose', async () => {
    const world = await running({ train: 'image: app:1, updates: manual' });
    world.engine.writeFile(containerOf(world, 'train').id, '/root/model.pt');
    write(world, { train: 'image: app:2, updates: manual' });
    const train = await planOf(world, 'train');
    expect(train).toMatchObject({
      needsApproval: true,
      inSync: false,
      holds: [{ reason: 'UpdatePending' }],
      wouldLose: { total: 1, paths: ['/root/model.pt'] },
    });
    expect(kinds(train)).toEqual(['stop', 'remove', 'create', 'start']);
    expect(containerOf(world, 'train').config.image).toBe('app:1');
  });

  it('shows what up would lift', async () => {
    const world = await running({ web: 'image: app:1' });
    await world.ask((api) => api.down({ path: folder, environment: null, by }));
    await world.until('it rests', () => reason(world, 'web') === 'HeldDown');
    expect(kinds(await planOf(world, 'web'))).toEqual(['start']);
    expect(reason(world, 'web')).toBe('HeldDown');
  });

  it('does not lift what resume alone lifts', async () => {
    const world = await running({ web: 'image: app:1' });
    await world.ask((api) =>
      api.suspend({ ref: { path: folder, project: null, environment: 'web' }, by }),
    );
    write(world, { web: 'image: app:2' });
    expect(await planOf(world, 'web')).toMatchObject({
      steps: [],
      holds: [{ reason: 'Suspended' }],
    });
  });

  it('names what has left the file', async () => {
    const world = await running({ web: 'image: app:1', old: 'image: app:1' });
    write(world, { web: 'image: app:1' });
    const old = await planOf(world, 'old');
    expect(old).toMatchObject({ needsApproval: true, holds: [{ reason: 'PruneScheduled' }] });
    expect(kinds(old)).toEqual(['stop', 'remove']);
    expect(phase(world, 'old')).toBe('running.healthy');
  });

  it('runs a job again that was removed, as up then does', async () => {
    const world = await running({ job: 'image: app:1, restart: never' });
    world.engine.exit(containerOf(world, 'job').id, 4);
    await world.until('it failed', () => phase(world, 'job') === 'failed');
    expect(kinds(await planOf(world, 'job'))).toEqual([]);
    await world.ask((api) =>
      api.remove({ path: folder, environment: null, volumes: false, by: 'ada' }),
    );
    await world.until('it is gone', () => phase(world, 'job') === 'deleted');
    expect(kinds(await planOf(world, 'job'))).toEqual(['create', 'start']);
  });

  it('is what up then does', async () => {
    const world = await running({ web: 'image: app:1' });
    write(world, { web: 'image: app:2' });
    const { explanation } = await planOf(world, 'web');
    expect(explanation[0]).toMatch(/^stop it, to be recreated: image: app:1 → app:2$/);
    await up(world);
    await world.until('it runs anew', () => containerOf(world, 'web').config.image === 'app:2');
  });
});

describe('a plan that cannot be made', () => {
  it('tells the faults of the file', async () => {
    const world = await stranger({ web: 'imgae: app:1' });
    const { diagnostics, environments } = await world.ask((api) => api.plan(folder));
    expect(environments).toEqual([]);
    expect(diagnostics.map(({ line }) => line)).toContain(4);
  });

  it('says that there is no file, or that it cannot be read', async () => {
    const world = await stranger({ web: 'image: app:1' });
    const refused = (path: string) => world.ask((api) => api.plan(path));
    await expect(refused('/home/ada/nothing')).rejects.toMatchObject({ code: 'usage' });
    world.files.breakFolder(folder);
    await expect(refused(folder)).rejects.toMatchObject({ code: 'prerequisite' });
  });

  it('says so where the engine is silent, and takes no step', async () => {
    const world = await running({ web: 'image: app:1' });
    write(world, { web: 'image: app:2' });
    world.engine.goDown();
    expect(await planOf(world, 'web')).toMatchObject({
      steps: [],
      inSync: false,
      holds: [{ reason: 'EngineUnavailable' }],
    });
  });
});

describe('the plan of an image that is to be looked up', () => {
  it('tells the digest that it comes to, or that none is known, and pins nothing', async () => {
    const world = await stranger({ web: 'image: pytorch@24.05' });
    expect(await planOf(world, 'web')).toMatchObject({
      steps: [],
      holds: [{ reason: 'ImageUnresolved' }],
    });
    const versions = [catalogueVersion('24.05-py3')];
    await world.ask((api) => api.importImages({ images: [exportedImage({ versions })], by }));
    const { steps } = await planOf(world, 'web');
    expect(steps.map(({ kind }) => kind)).toEqual(['pull', 'create', 'start']);
    expect(steps[0]?.why).toContain(`nvcr.io/nvidia/pytorch:24.05-py3@${versions[0]?.digest}`);
    expect(world.project(folder)).toBeNull();
    expect(world.registry.asked).toEqual([]);
  });
});
