import { existsSync, readdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { connectEngine, type Engine } from '../../controller/docker/connect.ts';
import type { EngineEvent } from '../../controller/model/ports.ts';
import { plainConfig, value } from '../contracts/engine-bench.ts';
import { type PrivateDockerd, startDockerd } from '../support/dockerd.ts';
import { buildStandIn } from '../support/images.ts';

let running: PrivateDockerd | null = null;

afterEach(async () => {
  await running?.cleanup();
  running = null;
});

async function given(options: { readonly liveRestore: boolean }): Promise<{
  readonly dockerd: PrivateDockerd;
  readonly engine: Engine;
}> {
  const dockerd = await startDockerd({ name: 'mlenv-daemon', ...options });
  running = dockerd;
  await buildStandIn({ host: dockerd.host, refs: ['mlenv.test/daemon:1'] });
  const engine = value(await connectEngine({ host: dockerd.host, deadlines: { readMs: 2000 } }));
  const config = { ...plainConfig, name: 'steady', image: 'mlenv.test/daemon:1' };
  value(await engine.writer.create(config, []));
  value(await engine.writer.start('steady'));
  return { dockerd, engine };
}

const stateOf = async (engine: Engine): Promise<string> =>
  value(await engine.reader.inspect('steady')).state;

test('with live-restore a crash of the daemon spares what runs', async () => {
  const { dockerd, engine } = await given({ liveRestore: true });
  expect(engine.info.liveRestore).toBe(true);
  const before = value(await engine.reader.inspect('steady'));
  await dockerd.kill9();
  await dockerd.start();
  expect(value(await engine.reader.inspect('steady'))).toEqual(before);
  await dockerd.restart();
  expect(await stateOf(engine)).toBe('running');
});

test('without live-restore everything ends with the daemon, and nothing comes back by itself', async () => {
  const { dockerd, engine } = await given({ liveRestore: false });
  await dockerd.restart();
  expect(await stateOf(engine)).toBe('exited');
  value(await engine.writer.start('steady'));
  await dockerd.kill9();
  await dockerd.start();
  expect(await stateOf(engine)).toBe('exited');
  value(await engine.writer.start('steady'));
  expect(await stateOf(engine)).toBe('running');
});

test('a daemon that is gone is a failure that may pass, never an absence', async () => {
  const { dockerd, engine } = await given({ liveRestore: true });
  await dockerd.kill9();
  for (const result of [
    await engine.reader.list({}),
    await engine.reader.inspect('steady'),
    await engine.writer.start('steady'),
  ]) {
    expect(result.ok).toBe(false);
    expect(['retry', 'unknown']).toContain(result.ok ? '' : result.failure.kind);
  }
});

test('a daemon that is silent is not waited for, and is found well afterwards', async () => {
  const { dockerd, engine } = await given({ liveRestore: true });
  dockerd.pause();
  expect(await engine.reader.inspect('steady')).toMatchObject({
    ok: false,
    failure: { kind: 'retry' },
  });
  dockerd.resume();
  expect(await stateOf(engine)).toBe('running');
});

test('events end with the daemon, and begin again with the next one', async () => {
  const { dockerd, engine } = await given({ liveRestore: true });
  const signal = new AbortController().signal;
  const heard: EngineEvent[] = [];
  const reading = (async () => {
    for await (const event of engine.reader.events(signal)) heard.push(event);
  })();
  while (heard.length === 0) await sleep(10);
  await dockerd.kill9();
  await reading;
  await dockerd.start();
  for await (const event of engine.reader.events(signal)) {
    expect(event.action).toBe('connected');
    break;
  }
});

describe('cleaning up', () => {
  test('leaves no process, mount, namespace, cgroup or file', async () => {
    const { dockerd } = await given({ liveRestore: true });
    await dockerd.kill9();
    await dockerd.cleanup();
    expect(existsSync(dockerd.folder)).toBe(false);
    expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).not.toContain(
      dockerd.namespace,
    );
    expect(execFileSync('cat', ['/proc/mounts'], { encoding: 'utf8' })).not.toContain(
      dockerd.folder,
    );
    const groups = readdirSync('/sys/fs/cgroup').map(
      (name) => `/sys/fs/cgroup/${name}/${dockerd.namespace}`,
    );
    expect([`/sys/fs/cgroup/${dockerd.namespace}`, ...groups].filter(existsSync)).toEqual([]);
    const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    expect(processes).not.toContain(dockerd.folder);
  });
});
