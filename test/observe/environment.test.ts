import { describe, expect, it } from 'vitest';
import type { ContainerConfig } from '../../controller/model/container.ts';
import { failed, type Result } from '../../controller/model/failure.ts';
import type { EngineReader } from '../../controller/model/ports.ts';
import type { KnownSnapshot } from '../../controller/model/snapshot.ts';
import { observeEnvironment, type ObserveRequest } from '../../controller/observe/environment.ts';
import { createMemoryEngine } from '../support/memory-engine.ts';
import { configOf, context, known } from '../support/plan-builders.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const config: ContainerConfig = { ...configOf(), mounts: [], network: null, ports: [] };

const bench = () => {
  const engine = createMemoryEngine({ clock: createSimulatedClock() });
  engine.addImage(config.image);
  const asked: string[] = [];
  const told = <T>(what: string, answer: T): T => {
    asked.push(what);
    return answer;
  };
  const reader: EngineReader = {
    ...engine.reader,
    inspect: (id) => told(`inspect ${id}`, engine.reader.inspect(id)),
    image: (reference) => told(`image ${reference}`, engine.reader.image(reference)),
  };
  const make = async (over: Partial<ContainerConfig> = {}): Promise<string> => {
    const made = await engine.writer.create({ ...config, ...over }, []);
    if (!made.ok) throw new Error(made.failure.message);
    return made.value.id;
  };
  return { engine, reader, asked, make };
};

const { containers: _containers, nameHolder: _nameHolder, image: _image, ...around } = known();

const request = (over: Partial<ObserveRequest> = {}): ObserveRequest => ({
  instance: context().instance,
  projectId: context().projectId,
  environment: 'notebook',
  name: config.name,
  ids: [],
  image: config.image,
  known: around,
  ...over,
});

const seen = async (reader: EngineReader, over: Partial<ObserveRequest> = {}) => {
  const snapshot = await observeEnvironment(reader, request(over));
  if (snapshot.kind === 'unknown') throw new Error(snapshot.why);
  return snapshot;
};

const ids = ({ containers }: KnownSnapshot): readonly string[] => containers.map(({ id }) => id);

describe('one environment, as the engine shows it', () => {
  it('is its container and what was known beside it; the image is not asked for', async () => {
    const { reader, asked, make } = bench();
    const id = await make();
    const snapshot = await seen(reader, {
      ids: [id, id],
      known: { ...around, network: 'absent', inFlight: 'stop' },
    });
    expect(ids(snapshot)).toEqual([id]);
    expect(snapshot).toMatchObject({ image: 'unseen', network: 'absent', inFlight: 'stop' });
    expect(asked).toEqual([`inspect ${id}`]);
  });

  it('is found by its name where no id is known: a create whose reply was lost', async () => {
    const { reader, make } = bench();
    const id = await make();
    expect(ids(await seen(reader))).toEqual([id]);
  });

  it('is found by its name where the id is that of one that is gone', async () => {
    const { engine, reader, make } = bench();
    const old = await make();
    engine.removeBehindBack(old);
    const id = await make();
    expect(ids(await seen(reader, { ids: [old] }))).toEqual([id]);
  });

  it('is all that bear its labels, renamed ones included', async () => {
    const { reader, make } = bench();
    const [one, two] = [await make(), await make({ name: 'a-copy' })];
    expect(ids(await seen(reader, { ids: [two, one] }))).toEqual([two, one]);
  });

  it('is nothing where there is nothing, and then tells of the image', async () => {
    const { engine, reader } = bench();
    expect(await seen(reader)).toMatchObject({
      containers: [],
      nameHolder: null,
      image: { id: expect.any(String) },
    });
    engine.removeImage(config.image);
    expect((await seen(reader)).image).toBeNull();
    expect((await seen(reader, { image: null })).image).toBe('unseen');
  });

  it('tells of another image that is wished', async () => {
    const { reader, asked, make } = bench();
    const id = await make();
    expect((await seen(reader, { ids: [id], image: 'pytorch:24.06' })).image).toBeNull();
    expect(asked).toContain('image pytorch:24.06');
  });
});

describe('what is not ours', () => {
  it.each([
    ['no labels', {}],
    ['another MLEnv', { ...config.labels, 'mlenv.instance': 'host-b' }],
    ['another project', { ...config.labels, 'mlenv.project-id': 'ffff' }],
    ['another environment', { ...config.labels, 'mlenv.environment': 'other' }],
  ])('holds the name and is no container of it: %s', async (_, labels) => {
    const { reader, make } = bench();
    const id = await make({ labels });
    expect(await seen(reader, { ids: [id] })).toMatchObject({
      containers: [],
      nameHolder: { id, name: config.name, image: config.image },
    });
  });
});

describe('a read without an answer', () => {
  const silent = (): Promise<Result<never>> =>
    Promise.resolve(failed('unknown', 'no answer within 30 s'));

  it.each([
    ['the container', { inspect: silent }, true],
    ['the name', { inspect: silent }, false],
    ['the image', { image: silent }, false],
  ] as const)('of %s makes all unknown', async (_, broken, byId) => {
    const { reader, make } = bench();
    const there = byId ? [await make()] : [];
    expect(await observeEnvironment({ ...reader, ...broken }, request({ ids: there }))).toEqual({
      kind: 'unknown',
      why: 'no answer within 30 s',
    });
  });

  it('is never taken for absence, whatever kind of failure it is', async () => {
    const { reader } = bench();
    for (const kind of ['conflict', 'retry', 'unknown', 'terminal'] as const) {
      const inspect = (): Promise<Result<never>> => Promise.resolve(failed(kind, 'trouble'));
      const snapshot = await observeEnvironment({ ...reader, inspect }, request());
      expect(snapshot.kind).toBe('unknown');
    }
  });
});
