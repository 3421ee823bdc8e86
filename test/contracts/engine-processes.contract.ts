import { describe, expect, test } from 'vitest';
import { portInUse } from '../../controller/docker/errors.ts';
import { type Bench, failureKind, label, value } from './engine-bench.ts';

export function processContract({ subject, name, given, look }: Bench): void {
  const ended = async (id: string) => {
    await subject().until(async () => (await look(id)).state === 'exited');
    return look(id);
  };

  describe('start', () => {
    test('twice is once', async () => {
      const { writer } = subject();
      const id = await given();
      const first = await look(id);
      expect(first.state).toBe('running');
      expect(first.startedAt).toBeGreaterThan(0);
      value(await writer.start(id));
      expect(await look(id)).toEqual(first);
    });

    test('of what is not there is absent', async () => {
      expect(failureKind(await subject().writer.start('no-such-container'))).toBe('absent');
    });

    test.each([
      [0, 'exit 0'],
      [3, 'exit 3'],
    ])('a command that ends leaves its code %i', async (code, script) => {
      const seen = await ended(await given({ command: ['sh', '-c', script] }));
      expect(seen).toMatchObject({ exitCode: code, oomKilled: false, error: '', health: 'none' });
      expect(seen.finishedAt).toBeGreaterThanOrEqual(seen.startedAt ?? Infinity);
    });

    test('what has ended starts again as the same container', async () => {
      const { writer } = subject();
      const id = await given({ command: ['sh', '-c', 'exit 3'] });
      const first = await ended(id);
      value(await writer.start(id));
      const second = await ended(id);
      expect(second.id).toBe(first.id);
      expect(second.startedAt).toBeGreaterThanOrEqual(first.startedAt ?? Infinity);
    });

    test('a command that is not in the image ends with 127 under an init', async () => {
      const seen = await ended(await given({ command: ['no-such-command'], init: true }));
      expect(seen).toMatchObject({ exitCode: 127, error: '' });
    });

    test('a command that is not in the image stays created without one', async () => {
      const { writer } = subject();
      const id = await given({ command: ['no-such-command'], init: false }, { start: false });
      for (let round = 0; round < 2; round += 1) {
        const started = await writer.start(id);
        expect(failureKind(started)).toBe('terminal');
        const seen = await look(id);
        expect(seen).toMatchObject({ state: 'created', exitCode: 127, startedAt: null });
        expect(seen.error).toContain('no-such-command');
      }
      value(await writer.remove(id, { volumes: true }));
    });

    test('a network that is gone makes a start terminal', async () => {
      const { writer } = subject();
      const network = { name: name(), alias: 'x' };
      const id = await given({ network }, { start: false });
      expect(failureKind(await writer.start(id))).toBe('terminal');
      expect(await look(id)).toMatchObject({ state: 'created', exitCode: 128 });
    });

    test('a port that is taken stands in the way until it is free', async () => {
      const { writer, settled } = subject();
      const network = { name: name(), alias: 'x' };
      const made = { name: network.name, subnet: '10.202.0.0/28', labels: label };
      value(await writer.createNetwork(made));
      const ports = [
        { container: 80, protocol: 'tcp', hostIp: '127.0.0.1', host: 24_081 },
      ] as const;
      const holder = await given({ network, ports });
      const waiting = await given({ network, ports }, { start: false });
      const refused = await writer.start(waiting);
      expect(failureKind(refused)).toBe('conflict');
      expect(refused.ok || portInUse(refused.failure)).toBe(true);
      expect((await look(waiting)).state).toBe('created');
      await settled(writer.stop(holder, 1000));
      value(await writer.start(waiting));
      expect(await look(waiting)).toMatchObject({ state: 'running', error: '', exitCode: 0 });
    });
  });

  describe('stop', () => {
    test('is a signal first: an init passes it on', async () => {
      const { writer, settled } = subject();
      const id = await given();
      value(await settled(writer.stop(id, 10_000)));
      const seen = await look(id);
      expect(seen).toMatchObject({ state: 'exited', exitCode: 143 });
      value(await settled(writer.stop(id, 10_000)));
      expect(await look(id)).toEqual(seen);
    });

    test.each([
      ['process 1 without a handler', { init: false }],
      ['a command that will not listen', { command: ['sh', '-c', "trap '' TERM; sleep 1000000"] }],
    ])('is by force when the grace is over: %s', async (_, patch) => {
      const { writer, settled } = subject();
      const id = await given(patch);
      value(await settled(writer.stop(id, 1000)));
      expect(await look(id)).toMatchObject({ state: 'exited', exitCode: 137, oomKilled: false });
    });

    test('of what never ran is done already; of what is not there, absent', async () => {
      const { writer, settled } = subject();
      const id = await given({}, { start: false });
      value(await settled(writer.stop(id, 1000)));
      expect((await look(id)).state).toBe('created');
      expect(failureKind(await writer.stop('no-such-container', 0))).toBe('absent');
    });
  });

  describe('remove', () => {
    test('spares what runs', async () => {
      const { writer } = subject();
      const id = await given();
      expect(failureKind(await writer.remove(id, { volumes: true }))).toBe('conflict');
      expect((await look(id)).state).toBe('running');
    });

    test('twice is once', async () => {
      const { reader, writer } = subject();
      const id = await given({}, { start: false });
      value(await writer.remove(id, { volumes: false }));
      value(await writer.remove(id, { volumes: false }));
      expect(failureKind(await reader.inspect(id))).toBe('absent');
    });
  });

  describe('unpause', () => {
    test('of what is not paused is done already', async () => {
      const { writer } = subject();
      const id = await given();
      value(await writer.unpause(id));
      expect((await look(id)).state).toBe('running');
      expect(failureKind(await writer.unpause('no-such-container'))).toBe('absent');
    });
  });

  describe('update', () => {
    test('changes the limits of what runs without a restart', async () => {
      const { writer } = subject();
      const id = await given({ memoryBytes: 128 * 1024 ** 2 });
      const before = await look(id);
      const limits = { cpus: 0.25, memoryBytes: 256 * 1024 ** 2, pids: 50 };
      value(await writer.update(id, limits));
      const after = await look(id);
      expect(after.config).toEqual({ ...before.config, ...limits });
      expect(after.startedAt).toBe(before.startedAt);
      value(await writer.update(id, { cpus: 1 }));
      expect((await look(id)).config).toMatchObject({ ...limits, cpus: 1 });
    });

    test('of what is not there is absent, and nonsense is terminal', async () => {
      const { writer } = subject();
      expect(failureKind(await writer.update('no-such-container', { cpus: 1 }))).toBe('absent');
      const id = await given();
      expect(failureKind(await writer.update(id, { memoryBytes: 4096 }))).toBe('terminal');
    });
  });

  describe('health', () => {
    const probe = (argv: readonly string[]) => ({
      health: { argv, intervalMs: 200, timeoutMs: 5000, retries: 1, startPeriodMs: 0 },
    });

    test.each([
      ['healthy', ['true'], { exitCode: 0, failures: 0 }],
      ['unhealthy', ['false'], { exitCode: 1 }],
    ])('a probe makes it %s, to a list as to an inspect', async (health, argv, last) => {
      const { reader, writer, until, settled } = subject();
      const id = await given(probe(argv));
      await until(async () => (await look(id)).health === health);
      const { lastCheck } = await look(id);
      expect(lastCheck).toMatchObject(last);
      expect(lastCheck?.endedAt).toBeGreaterThanOrEqual(lastCheck?.startedAt ?? Infinity);
      expect(value(await reader.list(label)).map((line) => line.health)).toEqual([health]);
      await settled(writer.stop(id, 1000));
      expect(await look(id)).toMatchObject({ health: 'none', lastCheck: null });
      expect(value(await reader.list(label)).map((line) => line.health)).toEqual(['none']);
    });

    test('is starting until the first probe', async () => {
      const { reader } = subject();
      const id = await given({ health: { ...probe(['true']).health, intervalMs: 600_000 } });
      expect((await look(id)).health).toBe('starting');
      expect(value(await reader.list(label)).map((line) => line.health)).toEqual(['starting']);
    });
  });
}
