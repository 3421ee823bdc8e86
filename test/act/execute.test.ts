import { describe, expect, it } from 'vitest';
import { execute, type Hands, type StepResult } from '../../controller/act/execute.ts';
import { createPuller } from '../../controller/act/puller.ts';
import { createStopper } from '../../controller/act/stopper.ts';
import { defaultHostConfig } from '../../controller/model/config.ts';
import { failed, type Result } from '../../controller/model/failure.ts';
import type { EngineWriter, MountWitness } from '../../controller/model/ports.ts';
import type { Step } from '../../controller/model/step.ts';
import { desiredContainer } from '../../controller/plan/desired.ts';
import { environment, openTestStore, project } from '../store/support.ts';
import { createMemoryEngine } from '../support/memory-engine.ts';
import { context, wish } from '../support/plan-builders.ts';
import { noSecrets } from '../support/quiet-host.ts';
import { createMemoryRunLogs } from '../support/memory-run-logs.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const why = 'because';
const bare = { secrets: null, binds: [] };
const wished = desiredContainer({
  wish: wish({ network: false, image: 'pytorch:24.05' }),
  record: environment(),
  context: context({ projectId: 'p1' }),
  leases: [],
  gpuLeases: [],
  made: null,
});
const create: Step = {
  kind: 'create',
  config: wished.config,
  volumes: wished.volumes,
  secrets: null,
  why,
};
const names = wished.volumes.map(({ name }) => name);

const bench = (over: Partial<EngineWriter> = {}) => {
  const clock = createSimulatedClock();
  const engine = createMemoryEngine({ clock });
  engine.addImage('pytorch:24.05');
  const { store, hand } = openTestStore();
  store.projects.insert(project());
  store.environments.insert(environment());
  /** What happened, in order, as the engine and the record saw it. */
  const story: string[] = [];
  const openIntents = (): readonly string[] =>
    store.intents.unfinished('p1/notebook').map(({ effect }) => effect);
  const told = new Proxy(
    { ...engine.writer, ...over },
    {
      get: (target, call: keyof EngineWriter) => {
        const effect = target[call] as (...args: readonly unknown[]) => Promise<Result<unknown>>;
        return (...args: readonly unknown[]) => {
          story.push(`${call} with [${openIntents().join()}] open`);
          return effect(...args);
        };
      },
    },
  );
  const rung: string[] = [];
  const runLogs = createMemoryRunLogs();
  const hands: Hands = {
    mountSources: { check: async () => null },
    runLogs,
    config: { current: () => defaultHostConfig },
    secretFolders: noSecrets.secretFolders,
    reader: engine.reader,
    writer: told,
    store,
    clock,
    puller: createPuller({ writer: told, clock, onChange: (keys) => void rung.push(...keys) }),
    stopper: createStopper({ writer: told, clock, onEnd: (key) => void rung.push(key) }),
  };
  const run = async (step: Step): Promise<StepResult> =>
    execute(hands, step, {
      record: store.environments.get('p1/notebook') ?? environment(),
      before: () => void story.push('before'),
      after: (result) => {
        story.push(`after ${result.kind}`);
        return result;
      },
    });
  const created = async (): Promise<string> => {
    const made = await run(create);
    if (made.kind !== 'done' || made.containerId === null) throw new Error('it was created');
    story.length = 0;
    return made.containerId;
  };
  const results = (): unknown =>
    hand.prepare('SELECT effect, result FROM intents ORDER BY id').raw().all();
  return { clock, engine, store, hands, story, rung, run, created, results, openIntents };
};

describe('a step', () => {
  it('is written down before its effect, and its result after it', async () => {
    const { run, created, story, results, openIntents } = bench();
    const id = await created();
    await run({ kind: 'start', containerId: id, seed: null, ...bare, why });
    expect(story).toEqual(['before', 'start with [start] open', 'after done']);
    expect(openIntents()).toEqual([]);
    expect(results()).toEqual([
      ['create', 'done'],
      ['start', 'done'],
    ]);
  });

  it.each([
    ['first start is stopped and removed', true],
    ['later start is stopped, and keeps what it wrote', false],
  ])('that mounted another folder: a %s', async (_, isFirst) => {
    const { hands, store, run, created, story, results } = bench();
    const id = await created();
    const stopIntents: unknown[] = [];
    const { writer } = hands;
    Object.assign(hands, {
      writer: {
        ...writer,
        stop: (of: string, graceMs: number) => {
          stopIntents.push(store.environments.get('p1/notebook')?.stopIntent);
          return writer.stop(of, graceMs);
        },
      },
    });
    const witness: MountWitness = {
      hold: async () => ({
        kind: 'held',
        held: {
          compare: async () => '/srv/x is mounted as another folder',
          release: async () => void story.push('released'),
        },
      }),
    };
    Object.assign(hands, { mountWitness: witness });
    const seed = isFirst ? { owner: null, account: null, volumes: [] } : null;
    const result = await run({ kind: 'start', containerId: id, seed, ...bare, why });
    expect(result).toMatchObject({ kind: 'swapped', removed: isFirst });
    // Why it is stopped is in the database before the engine is asked.
    expect(stopIntents).toEqual([
      expect.objectContaining({ containerId: id, cause: 'mount-changed', startedAt: null }),
    ]);
    expect(story.map((line) => line.split(' ')[0])).toEqual([
      'before',
      'start',
      'stop',
      ...(isFirst ? ['remove'] : []),
      'released',
      'after',
    ]);
    expect(results()).toEqual([
      ['create', 'done'],
      ['start', 'swapped: /srv/x is mounted as another folder'],
    ]);
  });

  it('that failed is closed, too, with the words of the engine', async () => {
    const { run, results } = bench();
    const result = await run({ kind: 'unpause', containerId: 'f00', why });
    expect(result).toMatchObject({ kind: 'failed', failure: { kind: 'absent' } });
    expect(results()).toEqual([['unpause', expect.stringMatching(/^failed: .*f00/)]]);
  });

  it('whose process dies in it stays open for the next one to read', async () => {
    const { run, openIntents } = bench({
      create: () => Promise.reject(new Error('killed here')),
    });
    await expect(run(create)).rejects.toThrow('killed here');
    expect(openIntents()).toEqual(['create']);
  });

  it('commits what its caller writes together with its intent and its result', async () => {
    const { hands, store, openIntents } = bench();
    const record = environment();
    const step: Step = { kind: 'unpause', containerId: 'f00', why };
    const broken = execute(hands, step, {
      record,
      before: () => {
        store.environments.update('p1/notebook', { message: 'half' });
        throw new Error('no disk');
      },
      after: () => null,
    });
    await expect(broken).rejects.toThrow('no disk');
    expect(openIntents()).toEqual([]);
    expect(store.environments.get('p1/notebook')?.message).toBe('');
  });
});

describe('create', () => {
  it('intends its volumes before any is made, and makes the container last', async () => {
    const seen: (readonly string[])[] = [];
    const { run, story, engine, store } = bench({
      createVolume: (volume) => {
        seen.push(store.volumes.unseeded(names));
        return engine.writer.createVolume(volume);
      },
    });
    await run(create);
    expect(seen).toEqual(names.map(() => names));
    expect(story).toEqual([
      'before',
      'createVolume with [create] open',
      'createVolume with [create] open',
      'create with [create] open',
      'after done',
    ]);
    expect(engine.containerNames).toEqual([wished.config.name]);
  });

  it('goes no further where a volume cannot be made', async () => {
    const { run, engine } = bench({
      createVolume: () => Promise.resolve(failed('retry', 'no space left on device')),
    });
    expect(await run(create)).toMatchObject({ kind: 'failed', failure: { kind: 'retry' } });
    expect(engine.containerNames).toEqual([]);
  });

  it('again meets what an earlier try made and could not tell of, and makes no second one', async () => {
    const { run, created, engine } = bench();
    await created();
    // Whose it is is for the next look to say.
    expect(await run(create)).toMatchObject({ kind: 'failed', failure: { kind: 'conflict' } });
    expect(engine.containerNames).toHaveLength(1);
  });

  it('attaches the volumes that the image brought again', async () => {
    const { store, run, engine } = bench();
    engine.addImage('pytorch:24.05', { volumes: ['/var/lib/data'] });
    const anonymous = { name: 'a'.repeat(64), target: '/var/lib/data' };
    store.environments.update('p1/notebook', { anonymousVolumes: [anonymous] });
    const made = await run(create);
    const id = made.kind === 'done' ? made.containerId : null;
    expect(await engine.reader.inspect(id ?? '')).toMatchObject({
      ok: true,
      value: { anonymousVolumes: [anonymous] },
    });
  });

  it('uses a pull up', async () => {
    const { run, hands, clock, engine } = bench();
    engine.addPullable('pytorch:24.05');
    expect(await run({ kind: 'pull', image: 'pytorch:24.05', why })).toEqual({ kind: 'underway' });
    await clock.settle();
    expect(hands.puller.state('pytorch:24.05')).toMatchObject({ kind: 'done' });
    await run(create);
    expect(hands.puller.state('pytorch:24.05')).toBeNull();
  });
});

describe('start', () => {
  const start = (containerId: string): Step => ({
    kind: 'start',
    containerId,
    seed: wished.seed,
    ...bare,
    why,
  });

  it('gives fresh volumes to their user, each of them once', async () => {
    const { run, created, engine, store, story } = bench();
    const id = await created();
    await run(start(id));
    expect(story).toEqual([
      'before',
      'seed with [start] open',
      'start with [start] open',
      'after done',
    ]);
    expect(engine.seedOf(id)).toEqual(wished.seed);
    expect(names.map((name) => engine.volumeOwner(name))).toEqual(['1000:1000', '1000:1000']);
    expect(store.volumes.unseeded(names)).toEqual([]);
  });

  it('leaves alone what was given before, so that a chown by hand stays', async () => {
    const chowned: (readonly string[])[] = [];
    const { run, created, store, engine } = bench({
      seed: (id, seed, chown) => {
        chowned.push(chown);
        return engine.writer.seed(id, seed, chown);
      },
    });
    const id = await created();
    store.volumes.seeded(names.slice(0, 1), 0);
    await run(start(id));
    expect(chowned).toEqual([['/cache']]);
  });

  it('that could not seed does not start, and seeds the next time', async () => {
    const { run, created, store, engine } = bench({
      seed: () => Promise.resolve(failed('retry', 'no')),
    });
    const id = await created();
    expect(await run(start(id))).toMatchObject({ kind: 'failed' });
    expect(store.volumes.unseeded(names)).toEqual(names);
    expect(await engine.reader.inspect(id)).toMatchObject({ value: { state: 'created' } });
  });

  it('seeds nothing where the image has its own user, and remembers that', async () => {
    const { run, created, story, store } = bench();
    const id = await created();
    const seed = { ...wished.seed, owner: null, account: null };
    await run({ kind: 'start', containerId: id, seed, ...bare, why });
    expect(story).not.toContain('seed with [start] open');
    expect(store.volumes.unseeded(names)).toEqual([]);
  });

  it('makes the next stop somebody else’s, should one come', async () => {
    const { run, created, clock, hands } = bench();
    const id = await created();
    await run(start(id));
    await run({ kind: 'stop', containerId: id, graceMs: 0, why });
    await clock.settle();
    expect(hands.stopper.isOurs(id)).toBe(true);
    await run({ kind: 'start', containerId: id, seed: null, ...bare, why });
    expect(hands.stopper.isOurs(id)).toBe(false);
  });
});

describe('the other steps', () => {
  it('reach the engine as they were planned', async () => {
    const { run, created, engine, clock, rung } = bench();
    const id = await created();
    await run({ kind: 'start', containerId: id, seed: null, ...bare, why });
    expect(await run({ kind: 'update', containerId: id, resources: { cpus: 2 }, why })).toEqual({
      kind: 'done',
      containerId: id,
    });
    expect(await engine.reader.inspect(id)).toMatchObject({ value: { config: { cpus: 2 } } });
    engine.pause(id);
    await run({ kind: 'unpause', containerId: id, why });
    expect(await engine.reader.inspect(id)).toMatchObject({ value: { state: 'running' } });
    const stop: Step = { kind: 'stop', containerId: id, graceMs: 0, why };
    expect(await run(stop)).toEqual({ kind: 'underway' });
    await clock.settle();
    expect(rung).toEqual(['p1/notebook']);
    expect(await run({ kind: 'remove', containerId: id, volumes: true, why })).toEqual({
      kind: 'done',
      containerId: null,
    });
    expect(engine.containerNames).toEqual([]);
  });
});
