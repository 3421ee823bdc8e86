import { expect, test } from 'vitest';
import type { EngineEvent } from '../../controller/model/ports.ts';
import { failureKind, label, plainConfig, value } from '../contracts/engine-bench.ts';
import {
  createMemoryEngine,
  type EngineFaults,
  type MemoryEngine,
} from '../support/memory-engine.ts';
import { createSimulatedClock, type SimulatedClock } from '../support/simulated-clock.ts';

const wish = { ...plainConfig, name: 'one', image: 'img', labels: label };

async function given(faults: EngineFaults = {}): Promise<{
  readonly clock: SimulatedClock;
  readonly engine: MemoryEngine;
  readonly id: string;
}> {
  const clock = createSimulatedClock();
  let armed = false;
  const engine = createMemoryEngine({
    clock,
    faults: {
      beforeCall: (name, args) => (armed ? (faults.beforeCall?.(name, args) ?? 'ok') : 'ok'),
      afterCall: (name, args) => (armed ? faults.afterCall?.(name, args) : undefined),
    },
  });
  engine.addImage('img', { volumes: ['/v'] });
  const { id } = value(await engine.writer.create(wish, []));
  value(await engine.writer.start(id));
  armed = true;
  return { clock, engine, id };
}

const stateOf = async (engine: MemoryEngine): Promise<string> =>
  value(await engine.reader.inspect('one')).state;

test.each([
  ['fail-before', 'retry', 'running'],
  ['request-lost', 'unknown', 'running'],
  ['reply-lost', 'unknown', 'exited'],
] as const)('%s: the caller sees %s, and the container is %s', async (verdict, kind, state) => {
  const { engine, id } = await given({
    beforeCall: (name) => (name === 'stop' ? verdict : 'ok'),
  });
  expect(failureKind(await engine.writer.stop(id, 1000))).toBe(kind);
  expect(await stateOf(engine)).toBe(state);
});

test('a process may die before an effect or after it', async () => {
  const die = (): never => {
    throw new Error('died');
  };
  const before = await given({ beforeCall: (name) => (name === 'stop' ? die() : 'ok') });
  await expect(before.engine.writer.stop('one', 0)).rejects.toThrow('died');
  expect(await stateOf(before.engine)).toBe('running');
  const after = await given({ afterCall: (name) => (name === 'stop' ? die() : undefined) });
  await expect(after.engine.writer.stop('one', 0)).rejects.toThrow('died');
  expect(await stateOf(after.engine)).toBe('exited');
});

test.each([
  ['gone', 'retry', 'retry'],
  ['silent', 'retry', 'unknown'],
] as const)('%s: reads are %s, writes are %s, and containers run on', async (how, read, write) => {
  const { engine, id } = await given();
  engine.goDown(how);
  expect(failureKind(await engine.reader.list({}))).toBe(read);
  expect(failureKind(await engine.writer.stop(id, 0))).toBe(write);
  engine.comeUp();
  expect(await stateOf(engine)).toBe('running');
});

test.each([
  [true, 'running'],
  [false, 'exited'],
])('a restart of the daemon, live-restore %s: %s', async (liveRestore, state) => {
  const { engine } = await given();
  engine.restartDaemon({ liveRestore });
  expect(await stateOf(engine)).toBe(state);
});

test('every kind of end leaves its own marks', async () => {
  const { engine, id } = await given();
  const seen = async () => value(await engine.reader.inspect(id));
  engine.exit(id, 9);
  expect(await seen()).toMatchObject({ state: 'exited', exitCode: 9, oomKilled: false });
  engine.handStart(id);
  engine.kill(id, { oom: true });
  expect(await seen()).toMatchObject({ exitCode: 137, oomKilled: true });
  engine.handStart(id);
  expect(await seen()).toMatchObject({ state: 'running', oomKilled: false });
  engine.handStop(id);
  expect(await seen()).toMatchObject({ exitCode: 143 });
});

test('hands reach past the ports, and are not in the log of calls', async () => {
  const { engine, id } = await given();
  const calls = engine.mutations.length;
  engine.rename(id, 'two');
  engine.updateBehindBack('two', { cpus: 3 });
  engine.setHealth('two', 'healthy');
  engine.writeFile('two', '/x');
  expect(value(await engine.reader.inspect('two'))).toMatchObject({
    name: 'two',
    health: 'healthy',
    config: { name: 'two', cpus: 3 },
  });
  expect(value(await engine.reader.writableLayer('two'))).toEqual({ paths: ['/x'], total: 1 });
  expect(failureKind(await engine.writer.create(wish, []))).toBe('ok');
  engine.removeBehindBack('two');
  expect(engine.containerNames).toEqual(['one']);
  expect(engine.mutations.slice(calls).map(({ call }) => call)).toEqual(['create']);
});

test('a port held outside the engine stands in the way', async () => {
  const { engine } = await given();
  value(await engine.writer.createNetwork({ name: 'net', subnet: '10.0.0.0/28', labels: {} }));
  const ports = [{ container: 1, protocol: 'tcp', hostIp: '127.0.0.1', host: 80 }] as const;
  const config = { ...wish, name: 'two', network: { name: 'net', alias: 'x' }, ports };
  const { id } = value(await engine.writer.create(config, []));
  engine.occupyPort(80);
  expect(failureKind(await engine.writer.start(id))).toBe('conflict');
  engine.releasePort(80);
  expect(failureKind(await engine.writer.start(id))).toBe('ok');
});

test('events may be lost, and a stream ends with the daemon', async () => {
  const clock = createSimulatedClock();
  const engine = createMemoryEngine({ clock, dropEvent: ({ action }) => action === 'start' });
  engine.addImage('img');
  const heard: EngineEvent[] = [];
  const reading = (async () => {
    for await (const event of engine.reader.events(new AbortController().signal)) heard.push(event);
  })();
  await clock.settle();
  value(await engine.writer.create(wish, []));
  value(await engine.writer.start('one'));
  engine.goDown();
  await reading;
  expect(heard.map(({ action }) => action)).toEqual(['connected', 'create']);
});

test('a cancelled pull ends at once and brings nothing', async () => {
  const clock = createSimulatedClock();
  const engine = createMemoryEngine({ clock });
  engine.addPullable('far/away:1', { ticks: 10, tickMs: 1000 });
  const abort = new AbortController();
  const seen: number[] = [];
  const pulled = engine.writer.pull('far/away:1', (at) => seen.push(at.doneBytes), abort.signal);
  await clock.advance(2500);
  abort.abort();
  expect(failureKind(await pulled)).toBe('retry');
  expect(seen).toHaveLength(2);
  expect(failureKind(await engine.reader.image('far/away:1'))).toBe('absent');
});

test('the same calls give the same world, ids and times included', async () => {
  const [first, second] = await Promise.all([given(), given()]);
  expect(await first.engine.reader.inspect('one')).toEqual(
    await second.engine.reader.inspect('one'),
  );
  expect(first.engine.mutations).toEqual(second.engine.mutations);
});
