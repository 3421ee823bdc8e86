import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedEngine } from '../support/shared-engine.ts';
import { connectEngine, type Engine } from '../../controller/docker/connect.ts';
import type { ContainerConfig } from '../../controller/model/container.ts';
import type { ContainerSeed } from '../../controller/model/step.ts';
import { collected, plainConfig, value } from '../contracts/engine-bench.ts';
import { buildStandIn } from '../support/images.ts';

let engine: Engine;

beforeAll(async () => {
  const host = sharedEngine().host;
  await buildStandIn({ host, refs: ['mlenv.test/seed:1'] });
  await buildStandIn({ host, refs: ['mlenv.test/seed:bare'], accounts: false });
  await buildStandIn({
    host,
    refs: ['mlenv.test/seed:bash'],
    scripts: { '/bin/bash': 'exec /bin/sh "$@"' },
  });
  engine = value(await connectEngine({ host }));
});
afterAll(() => {
  engine.close();
});

const owner = { uid: 4321, gid: 8765 };
const seedOf = (account: ContainerSeed['account']): ContainerSeed => ({
  owner,
  account,
  volumes: [],
});
const alice = { name: 'alice', home: '/home/alice' };

async function made(patch: Partial<ContainerConfig>): Promise<string> {
  const config = {
    ...plainConfig,
    image: 'mlenv.test/seed:1',
    name: `seed-${Date.now()}-${Math.random().toString(36).slice(2)}`,
    user: '4321:8765',
    ...patch,
  };
  return value(await engine.writer.create(config, [])).id;
}

async function sh(id: string, script: string): Promise<string> {
  const session = value(
    await engine.writer.exec(id, {
      argv: ['sh', '-c', script],
      tty: false,
      stdin: false,
      env: {},
      columns: null,
      rows: null,
    }),
  );
  const { stdout, stderr } = await collected(session.output);
  expect(stderr).toBe('');
  expect(value(await session.exitCode())).toBe(0);
  return stdout.trim();
}

async function removed(id: string): Promise<void> {
  value(await engine.writer.stop(id, 0));
  value(await engine.writer.remove(id, { volumes: true }));
}

test.each(['mlenv.test/seed:1', 'mlenv.test/seed:bare'])(
  'the user has a name, a group and a writable home in %s',
  async (image) => {
    const id = await made({ image });
    value(await engine.writer.seed(id, seedOf(alice), []));
    value(await engine.writer.seed(id, seedOf(alice), []));
    value(await engine.writer.start(id));
    expect(await sh(id, 'id -un; id -gn; echo ~alice; touch ~alice/x; echo done')).toBe(
      'alice\nalice\n/home/alice\ndone',
    );
    expect(await sh(id, 'grep -c alice /etc/passwd; grep -c alice /etc/group')).toBe('1\n1');
    const root = image.endsWith('bare') ? '' : 'root';
    expect(await sh(id, 'head -n 1 /etc/passwd | cut -d: -f1')).toBe(root || 'alice');
    await removed(id);
  },
);

test('the shell is bash where the image has it', async () => {
  const id = await made({ image: 'mlenv.test/seed:bash' });
  value(await engine.writer.seed(id, seedOf(alice), []));
  value(await engine.writer.start(id));
  expect(await sh(id, 'grep alice /etc/passwd | cut -d: -f7')).toBe('/bin/bash');
  await removed(id);
});

test('a fresh volume becomes the user’s, and what lies in it stays', async () => {
  const volume = `seed-volume-${Date.now()}`;
  value(await engine.writer.createVolume({ name: volume, labels: {} }));
  const mounts = [
    { kind: 'volume', source: volume, target: '/deep/down/data', readOnly: false },
  ] as const;
  const first = await made({ mounts });
  value(await engine.writer.seed(first, seedOf(null), ['/deep/down/data']));
  value(await engine.writer.start(first));
  expect(await sh(first, 'stat -c "%u:%g %a" /deep/down/data')).toBe('4321:8765 755');
  await sh(first, 'echo kept > /deep/down/data/file');
  await removed(first);

  const second = await made({ mounts });
  value(await engine.writer.seed(second, seedOf(alice), ['/deep/down/data']));
  value(await engine.writer.start(second));
  expect(await sh(second, 'cat /deep/down/data/file; stat -c %u /deep/down')).toBe('kept\n0');
  await removed(second);
  value(await engine.writer.removeVolume(volume));
});

test('a home on a volume outlives its container', async () => {
  const volume = `seed-home-${Date.now()}`;
  value(await engine.writer.createVolume({ name: volume, labels: {} }));
  const mounts = [
    { kind: 'volume', source: volume, target: '/home/alice', readOnly: false },
  ] as const;
  for (const expected of ['1', '2']) {
    const id = await made({ mounts });
    value(await engine.writer.seed(id, seedOf(alice), []));
    value(await engine.writer.start(id));
    expect(await sh(id, 'echo x >> ~alice/lines; wc -l < ~alice/lines')).toBe(expected);
    await removed(id);
  }
  value(await engine.writer.removeVolume(volume));
});

test('a read-only volume and an image without a need are left alone', async () => {
  const volume = `seed-read-${Date.now()}`;
  value(await engine.writer.createVolume({ name: volume, labels: {} }));
  const mounts = [{ kind: 'volume', source: volume, target: '/data', readOnly: true }] as const;
  const id = await made({ mounts });
  value(await engine.writer.seed(id, seedOf(null), ['/data']));
  value(await engine.writer.seed(id, { owner: null, account: null, volumes: [] }, ['/data']));
  value(await engine.writer.start(id));
  expect(await sh(id, 'stat -c %u /data')).toBe('0');
  await removed(id);
  value(await engine.writer.removeVolume(volume));
});

test('the writable layer tells what a recreate would lose, and not what comes again', async () => {
  const id = await made({ workdir: '/work', env: { HOME: '/home/alice' } });
  value(await engine.writer.seed(id, seedOf(alice), []));
  value(await engine.writer.start(id));
  expect(value(await engine.reader.writableLayer(id))).toEqual({ paths: [], total: 0 });
  await sh(id, 'mkdir /tmp/made; touch ~alice/.cache /tmp/made/a');
  expect(value(await engine.reader.writableLayer(id))).toEqual({
    paths: ['/home/alice/.cache', '/tmp/made', '/tmp/made/a'],
    total: 3,
  });
  await removed(id);
});
