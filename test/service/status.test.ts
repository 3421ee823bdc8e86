import { describe, expect, it } from 'vitest';
import type { EnvironmentRef, EventItem, StatusItem } from '../../controller/model/api.ts';
import type { World } from '../support/world.ts';
import { sourceNamed } from '../support/world-sources.ts';
import { by, containerOf, folder, here, reason, running, stranger, up, write } from './bench.ts';

const itemOf = async (world: World, environment: string): Promise<StatusItem> => {
  const { items } = await world.ask((api) => api.status({ kind: 'path', path: folder }));
  const found = items.find((item) => item.environment === environment);
  if (found === undefined) throw new Error(`${environment} is not in the status`);
  return found;
};

const settles = async (world: World, environment: string): Promise<StatusItem> => {
  for (let tries = 0; tries < 300; tries += 1) {
    const item = await itemOf(world, environment);
    if (item.settled) return item;
    await world.advance(1000);
  }
  throw new Error(`${environment} does not settle`);
};

describe('status', () => {
  it('tells one environment whole', async () => {
    const world = await running({ web: 'image: app:1, ports: [{ container: 80, host: auto }]' });
    const { id } = containerOf(world, 'web');
    const project = world.project(folder);
    expect(await settles(world, 'web')).toEqual({
      project: 'vision',
      projectPath: folder,
      projectId: project?.id,
      environment: 'web',
      phase: 'Running',
      ready: true,
      reason: 'Running',
      message: 'running',
      containerId: id,
      containerName: `mlenv-vision-web-${project?.id.slice(0, 8)}`,
      image: 'app:1',
      ports: [{ container: 80, host: 20_000 }],
      gpus: [],
      generation: 1,
      observedGeneration: 1,
      revision: '',
      branch: null,
      commit: null,
      source: null,
      workspaceRevision: '',
      sync: 'Synced',
      conditions: [
        expect.objectContaining({ type: 'Ready', status: 'True', observedGeneration: 1 }),
        expect.objectContaining({ type: 'Synced', status: 'True' }),
      ],
      restarts: 0,
      startedAt: new Date(containerOf(world, 'web').startedAt ?? 0).toISOString(),
      settled: true,
    });
  });

  it('answers while the engine does not', async () => {
    const world = await running({ web: 'image: app:1' });
    world.engine.goDown();
    await world.until('it is told', () => reason(world, 'web') === 'EngineUnavailable');
    expect(await itemOf(world, 'web')).toMatchObject({
      phase: 'Unknown',
      ready: false,
      settled: false,
    });
  });

  it('settles for what was completed although the file gives it more memory since', async () => {
    const world = await running({ job: 'image: app:1, memory: 1GB' });
    world.engine.exit(containerOf(world, 'job').id, 0);
    await world.until('it completed', () => reason(world, 'job') === 'Completed');
    write(world, { job: 'image: app:1, memory: 2GB' });
    await up(world);
    const item = await settles(world, 'job');
    expect(item).toMatchObject({ phase: 'Completed', generation: 2, observedGeneration: 2 });
    expect(containerOf(world, 'job').config.memoryBytes).toBe(2 ** 31);
    expect(containerOf(world, 'job').state).toBe('exited');
  });

  it('has not settled while volumes that were asked to go are there', async () => {
    const world = await running({ web: 'image: app:1, mounts: [{ volume: v, target: /v }]' });
    world.weather.verdict = (name) => (name === 'removeVolume' ? 'fail-before' : 'ok');
    await world.ask((api) => api.remove({ path: folder, environment: null, volumes: true, by }));
    await world.until('the container is gone', () => reason(world, 'web') === 'HeldRemoved');
    await world.advance(5000);
    const waits = await itemOf(world, 'web');
    expect(waits).toMatchObject({ phase: 'Deleted', settled: false });
    expect(waits.message).toContain('its volumes are still to be removed');
    world.weather.verdict = null;
    expect((await settles(world, 'web')).message).not.toContain('volumes');
    expect(world.engine.volumeNames.filter((name) => name.endsWith('-v-v'))).toEqual([]);
  });

  it('has not settled between a request and its first pass', async () => {
    const world = await running({ web: 'image: app:1' });
    await settles(world, 'web');
    const { process } = world;
    const key = `${world.project(folder)?.id}/web` as const;
    process?.store.environments.update(key, { restartRequestedAt: world.clock.now() });
    expect(await itemOf(world, 'web')).toMatchObject({ settled: false });
  });

  it('works a deadline out when somebody looks', async () => {
    const world = await running({ web: 'image: app:1' });
    for (let n = 0; n < 3 && reason(world, 'web') !== 'BackOff'; n += 1) {
      await world.until('it runs', () => containerOf(world, 'web').state === 'running');
      world.engine.exit(containerOf(world, 'web').id, 7);
      await world.advance(2000);
    }
    const { message } = await itemOf(world, 'web');
    expect(message).toMatch(/^next in \d+ s: 2nd restart; it ended with exit code 7$/);
    await world.advance(2000);
    expect((await itemOf(world, 'web')).message).not.toBe(message);
  });

  it('tells the faults of a file beside what goes on running', async () => {
    const world = await running({ web: 'image: app:1' });
    write(world, { web: 'imgae: app:1' });
    const list = async () => world.ask((api) => api.status({ kind: 'all' }));
    for (let n = 0; n < 120 && (await list()).notices.length === 0; n += 1) {
      await world.ask((api) => api.reconcile(here('web')));
      await world.advance(1000);
    }
    const { items, notices } = await list();
    expect(notices).toMatchObject([{ project: 'vision', reason: 'SpecInvalid' }]);
    expect(notices[0]?.diagnostics[0]).toMatchObject({ line: 4 });
    expect(items[0]).toMatchObject({ ready: true });
    expect(items[0]?.conditions.map(({ type }) => type)).toContain('SpecValid');
  });
});

describe('a source', () => {
  const commit = { branch: 'main', author: 'Alice', subject: 'Train', at: 0 };
  const followed = async (): Promise<World> => {
    const world = await running({ web: 'image: app:1' });
    // No pass asks it: what stands in its row is what is told.
    world.sources.configured = [sourceNamed('vision')];
    world.process?.store.projects.update(world.project(folder)?.id ?? '', {
      source: 'vision',
      revision: 'a'.repeat(40),
      commit,
    });
    return world;
  };
  const notices = async (world: World) =>
    (await world.ask((api) => api.status({ kind: 'all' }))).notices;

  it('is told with the commit that its project stands on', async () => {
    const world = await followed();
    expect(await itemOf(world, 'web')).toMatchObject({
      revision: 'a'.repeat(40),
      branch: 'main',
      commit: { author: 'Alice', subject: 'Train', at: '1970-01-01T00:00:00.000Z' },
      source: 'vision',
      // It was made before.
      workspaceRevision: '',
    });
  });

  it('that fails, was rewound or is pinned is told until it is over', async () => {
    const world = await followed();
    const store = world.process?.store;
    store?.sources.update('vision', {
      newest: 'a'.repeat(40),
      failure: 'no route to host',
      failures: 3,
      checkedAt: world.clock.now() - 720_000,
      waiting: 'b'.repeat(40),
      pinned: 'c'.repeat(40),
    });
    expect(await notices(world)).toMatchObject([
      {
        project: 'vision',
        reason: 'SourceFailed',
        message: 'vision: no route to host (last read 12 min ago)',
      },
      {
        project: 'vision',
        reason: 'SourceRewound',
        message: 'vision: bbbbbbbbbb does not follow aaaaaaaaaa; mlenv confirm takes it',
      },
      {
        project: 'vision',
        reason: 'SourcePinned',
        message: 'pinned to cccccccccc until mlenv rollback vision --resume',
      },
    ]);
    store?.sources.update('vision', { failure: '', waiting: null, pinned: null });
    expect(await notices(world)).toEqual([]);
    // Whatever ails one that left, nobody asks it any more.
    store?.sources.update('vision', { failure: 'no route to host' });
    world.sources.configured = [];
    expect(await notices(world)).toEqual([]);
  });
});

describe('a name', () => {
  const two = async (): Promise<World> => {
    const world = await running({ web: 'image: app:1' });
    write(world, { web: 'image: app:1' }, '/home/bob/vision');
    await up(world, { path: '/home/bob/vision' });
    return world;
  };
  const describeAt = (world: World, ref: EnvironmentRef) => world.ask((api) => api.describe(ref));

  it('means the project of a folder, or one by its name', async () => {
    const world = await running({ web: 'image: app:1' });
    const byFolder = await describeAt(world, here('web'));
    const byName = await describeAt(world, { path: null, project: 'vision', environment: 'web' });
    expect(byName.status.projectId).toBe(byFolder.status.projectId);
  });

  it('that means two is refused with both of their folders', async () => {
    const world = await two();
    const asked = describeAt(world, { path: null, project: 'vision', environment: 'web' });
    await expect(asked).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/\/home\/ada\/vision\n.*\/home\/bob\/vision/),
    });
    const { items } = await world.ask((api) => api.status({ kind: 'project', project: 'vision' }));
    expect(items.map(({ projectPath }) => projectPath).toSorted()).toEqual([
      '/home/ada/vision',
      '/home/bob/vision',
    ]);
  });

  it('that means nothing is not found', async () => {
    const world = await stranger({ web: 'image: app:1' });
    for (const ref of [here('web'), { path: null, project: 'audio', environment: 'web' }]) {
      await expect(describeAt(world, ref)).rejects.toMatchObject({ code: 'not-found' });
    }
  });
});

describe('describe', () => {
  it('shows what waits, and what it would lose', async () => {
    const world = await running({
      train: 'image: app:1, updates: manual, env: { A: "${TOKEN:-x}" }',
    });
    world.engine.writeFile(containerOf(world, 'train').id, '/root/model.pt');
    write(world, { train: 'image: app:2, updates: manual, env: { A: "${TOKEN:-x}" }' });
    await up(world);
    await world.until('it waits', () => reason(world, 'train') === 'UpdatePending');
    await world.ask((api) => api.suspend({ ref: here('train'), by }));
    await world.ask((api) => api.resume({ ref: here('train'), by }));
    const told = await world.ask((api) => api.describe(here('train')));
    expect(told).toMatchObject({
      // As written: no variable is replaced.
      spec: { image: 'app:2', env: { A: '${TOKEN:-x}' } },
      changes: [{ field: 'image' }],
      wouldLose: { total: 1 },
      holds: [],
    });
    expect(told.explanation[0]).toMatch(/^UpdatePending/);
    expect(told.events.map((event) => event.reason)).toEqual(
      expect.arrayContaining(['Created', 'Started', 'UpdatePending']),
    );
  });

  it('names who holds it', async () => {
    const world = await running({ web: 'image: app:1' });
    await world.ask((api) => api.suspend({ ref: here('web'), by }));
    const { holds } = await world.ask((api) => api.describe(here('web')));
    expect(holds).toMatchObject([{ kind: 'suspend', by: 'ada' }]);
    expect(holds[0]?.at).toMatch(/^\d{4}-.*Z$/);
  });
});

describe('events', () => {
  it('come to a follower as they happen, and end when it goes', async () => {
    const world = await running({ web: 'image: app:1' });
    const { process } = world;
    if (process === null) throw new Error('a controller runs');
    const gone = new AbortController();
    const seen: EventItem[] = [];
    const query = { ref: here('web'), follow: true, limit: 1 };
    const following = (async () => {
      for await (const event of process.api.events(query, gone.signal)) seen.push(event);
    })();
    await world.clock.settle();
    expect(seen).toHaveLength(1);
    world.engine.exit(containerOf(world, 'web').id, 0);
    await world.until('it completed', () => reason(world, 'web') === 'Completed');
    await world.advance(1000);
    expect(seen.at(-1)).toMatchObject({ reason: 'Completed', project: 'vision' });
    gone.abort();
    await following;
  });

  it('come to a follower again when they are counted again', async () => {
    const world = await running({ web: 'image: app:1' });
    const { process } = world;
    if (process === null) throw new Error('a controller runs');
    const gone = new AbortController();
    const seen: EventItem[] = [];
    const following = (async () => {
      const query = { ref: null, follow: true, limit: 1 };
      for await (const event of process.api.events(query, gone.signal)) seen.push(event);
    })();
    await world.clock.settle();
    for (const _ of [1, 2, 3]) {
      process.store.events.add({
        at: world.clock.now(),
        type: 'Warning',
        reason: 'EngineFault',
        message: 'no answer',
        projectId: null,
        environment: null,
      });
      await world.advance(1000);
    }
    expect(seen.slice(-3).map(({ id, count }) => [id - (seen.at(-1)?.id ?? 0), count])).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
    gone.abort();
    await following;
  });

  it('without following end after what is there, newest last', async () => {
    const world = await running({ web: 'image: app:1' });
    const { process } = world;
    if (process === null) throw new Error('a controller runs');
    const seen: string[] = [];
    const query = { ref: null, follow: false, limit: 2 };
    for await (const event of process.api.events(query, new AbortController().signal)) {
      seen.push(event.reason);
    }
    expect(seen).toEqual(['Started', 'Running']);
  });

  it('leave nothing behind on the signal of a long follower', async () => {
    const world = await running({ web: 'image: app:1' });
    const { process } = world;
    if (process === null) throw new Error('a controller runs');
    const gone = new AbortController();
    let listeners = 0;
    const { signal } = gone;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    const following = (async () => {
      for await (const event of process.api.events({ ref: null, follow: true, limit: 1 }, signal)) {
        expect(event.project).toBe('vision');
      }
    })();
    await world.advance(60_000);
    expect(listeners).toBe(1);
    gone.abort();
    await following;
  });
});

describe('logs and exec', () => {
  it('need a container, and say why there is none', async () => {
    const world = await running({ web: 'image: app:1' });
    await world.ask((api) => api.remove({ path: folder, environment: null, by, volumes: false }));
    await world.until('it is gone', () => reason(world, 'web') === 'HeldRemoved');
    const options = {
      argv: ['ls'],
      tty: false,
      stdin: false,
      env: {},
      columns: null,
      rows: null,
    };
    await expect(world.ask((api) => api.exec(here('web'), options))).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('HeldRemoved'),
    });
  });
});
