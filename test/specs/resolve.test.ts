import { describe, expect, test } from 'vitest';
import type { Environment } from '../../controller/model/environment.ts';
import { projectNameOf } from '../../specs/project.ts';
import { projectFolder, readOne, readSpec } from '../support/read-spec.ts';

const with_ = (
  fields: string,
  beside: Readonly<Record<string, string>> = {},
): Promise<Environment> => readOne(`{ image: x, ${fields} }`, beside);

test('an image alone gets every default', async () => {
  expect(await readOne('{ image: x }')).toEqual({
    name: 'one',
    image: 'x',
    asked: 'x',
    choice: null,
    pull: 'missing',
    entrypoint: null,
    command: null,
    init: true,
    workdir: null,
    user: { kind: 'host' },
    gpus: null,
    onGpuLost: 'recreate',
    priority: 0,
    env: {},
    ports: [],
    workspace: { target: '/workspace', readOnly: false, update: 'keep' },
    mounts: [],
    secrets: [],
    shmBytes: 2 * 2 ** 30,
    cpus: null,
    memoryBytes: null,
    pids: 4096,
    ulimits: [
      { name: 'memlock', soft: -1, hard: -1, byDefault: true },
      { name: 'stack', soft: 67_108_864, hard: 67_108_864, byDefault: true },
    ],
    logs: { maxBytes: 50 * 2 ** 20, maxFiles: 3 },
    network: true,
    health: null,
    restart: 'on-failure',
    restartLimit: null,
    timeoutMs: null,
    rerun: 'never',
    stopGraceMs: 10_000,
    dependsOn: [],
    prunePolicy: 'keep-volumes',
    updates: 'auto',
    idle: 'default',
    maxLifetimeMs: null,
    state: 'running',
    labels: {},
    digest: expect.stringMatching(/^mle1:[0-9a-f]{32}$/) as string,
  });
});

describe('ports', () => {
  const port = { protocol: 'tcp', hostIp: '127.0.0.1' };
  test.each([
    ['8888', { ...port, container: 8888, host: 8888 }],
    ['"8888"', { ...port, container: 8888, host: 8888 }],
    ['"16006:6006"', { ...port, container: 6006, host: 16_006 }],
    ['22:22', { ...port, container: 22, host: 22 }],
    ['auto:22', { ...port, container: 22, host: 'auto' }],
    ['"0.0.0.0:80:8080/udp"', { container: 8080, host: 80, protocol: 'udp', hostIp: '0.0.0.0' }],
    ['"[::1]:80:8080"', { ...port, container: 8080, host: 80, hostIp: '::1' }],
    ['{ container: 22, host: auto }', { ...port, container: 22, host: 'auto' }],
    ['{ container: 22 }', { ...port, container: 22, host: 22 }],
  ])('%s', async (written, expected) => {
    expect((await with_(`ports: [${written}]`)).ports).toEqual([expected]);
  });

  test('the same port of tcp and udp, and of two addresses, do not clash', async () => {
    const { ports } = await with_('ports: [80, "80:80/udp", "127.0.0.2:80:81"]');
    expect(ports).toHaveLength(3);
  });
});

test.each([
  ['true', { target: '/workspace', readOnly: false, update: 'keep' }],
  ['false', null],
  ['/code', { target: '/code', readOnly: false, update: 'keep' }],
  ['{ readOnly: true }', { target: '/workspace', readOnly: true, update: 'keep' }],
  ['{ update: recreate }', { target: '/workspace', readOnly: false, update: 'recreate' }],
])('workspace: %s', async (written, expected) => {
  expect((await with_(`workspace: ${written}`)).workspace).toEqual(expected);
});

test('mounts of the three kinds', async () => {
  const fields =
    'mounts: [{ source: ./d, target: /d/, readOnly: true }, { volume: v, target: /v }, { tmpfs: true, target: /t, size: 1GB }]';
  expect((await with_(fields)).mounts).toEqual([
    { kind: 'bind', source: `${projectFolder}/d`, target: '/d', readOnly: true },
    { kind: 'volume', volume: 'v', target: '/v', readOnly: false },
    { kind: 'tmpfs', target: '/t', sizeBytes: 2 ** 30 },
  ]);
});

test.each([
  ['image', { kind: 'image' }],
  ['1000', { kind: 'ids', uid: 1000, gid: 1000 }],
  ['1000:50', { kind: 'ids', uid: 1000, gid: 50 }],
  ['"0:0"', { kind: 'ids', uid: 0, gid: 0 }],
])('user: %s', async (written, expected) => {
  expect((await with_(`user: ${written}`)).user).toEqual(expected);
});

test('shared memory does not follow memory, whose limit can change in place', async () => {
  expect((await with_('memory: 1GB')).shmBytes).toBe(2 ** 31);
  expect((await with_('memory: 64GB')).shmBytes).toBe(2 ** 31);
  expect((await with_('memory: 1GB, shm: 1GB')).shmBytes).toBe(2 ** 30);
});

test('updates are manual for what runs once, unless the file says otherwise', async () => {
  expect((await with_('restart: never')).updates).toBe('manual');
  expect((await with_('restart: never, updates: auto')).updates).toBe('auto');
});

test.each([
  ['always', { restart: 'always', restartLimit: null, updates: 'auto' }],
  ['{ when: always }', { restart: 'always', restartLimit: null }],
  ['{ when: on-failure, limit: 3 }', { restart: 'on-failure', restartLimit: 3 }],
  ['{ when: never }', { restart: 'never', restartLimit: null, updates: 'manual' }],
])('restart: %s', async (written, expected) => {
  expect(await with_(`restart: ${written}`)).toMatchObject(expected);
});

test('the time limit of a run, and whether a change runs a job again', async () => {
  expect((await with_('timeout: 1h30m')).timeoutMs).toBe(5_400_000);
  const job = await with_('restart: never, timeout: 1s, rerun: onChange');
  expect(job).toMatchObject({ timeoutMs: 1000, rerun: 'onChange' });
  // The word of the default may stand anywhere: so does an environment undo what defaults say.
  expect((await with_('restart: always, rerun: never')).rerun).toBe('never');
});

test('env stands above envFile, later files above earlier ones', async () => {
  const beside = { 'a.env': 'A=1\nB=1\nC=1\n', 'b.env': 'B=2\nC=2\n' };
  const { env } = await with_('envFile: [a.env, b.env], env: { C: 3, D: true }', beside);
  expect(env).toEqual({ A: '1', B: '2', C: '3', D: 'true' });
});

test('health checks', async () => {
  const times = {
    intervalMs: 30_000,
    timeoutMs: 5000,
    retries: 3,
    startPeriodMs: 0,
    onUnhealthy: 'restart',
    graceMs: 30_000,
  };
  expect((await with_('health: { command: pg_isready -U x }')).health).toEqual({
    probe: { kind: 'command', argv: ['pg_isready', '-U', 'x'] },
    ...times,
  });
  expect((await with_('health: { http: 8888, startPeriod: 1m }')).health).toEqual({
    probe: { kind: 'http', port: 8888, path: '/' },
    ...times,
    startPeriodMs: 60_000,
  });
});

test('ulimits', async () => {
  const { ulimits } = await with_('ulimits: { nofile: { soft: 1, hard: unlimited }, stack: 5 }');
  expect(ulimits).toEqual([
    { name: 'memlock', soft: -1, hard: -1, byDefault: true },
    { name: 'nofile', soft: 1, hard: -1, byDefault: false },
    { name: 'stack', soft: 5, hard: 5, byDefault: false },
  ]);
});

test('dependencies as a list and as a map', async () => {
  const text = `apiVersion: mlenv/v1
environments:
  a: { image: x, dependsOn: [b, c] }
  b: { image: x, dependsOn: { c: healthy } }
  c: { image: x }
`;
  const read = await readSpec(text);
  const wishes = read.ok ? read.wish.environments.map(({ wish }) => wish.dependsOn) : [];
  expect(wishes).toEqual([
    [
      { environment: 'b', condition: 'started' },
      { environment: 'c', condition: 'started' },
    ],
    [{ environment: 'c', condition: 'healthy' }],
    [],
  ]);
});

test('variables fill texts everywhere but in own fields', async () => {
  const text = `{ image: "x:\${TAG}", cpus: "\${N}", ports: ["\${P}:80"], env: { A: "$$\${TAG}" }, x-a: "\${NO}" }`;
  const wish = await readOne(text, { '.env': 'TAG=2\nN=1.5\nP=8080\n' });
  expect(wish).toMatchObject({ image: 'x:2', cpus: 1.5, env: { A: '$2' } });
  expect(wish.ports[0]?.host).toBe(8080);
});

test('a value that variables made is never quoted in a message', async () => {
  const text = `apiVersion: mlenv/v1
environments: { one: { image: x, memory: "\${S}", mounts: [{ source: "\${S}", target: /a }], envFile: "\${S}" } }
`;
  const read = await readSpec(text, { '.env': 'S=../hunter2\n' });
  expect(read).toMatchObject({ ok: false });
  expect(JSON.stringify(read)).not.toContain('hunter2');
});

test.each(['repair', 'report'] as const)('driftPolicy: %s is of the whole file', async (policy) => {
  const text = `apiVersion: mlenv/v1\ndriftPolicy: ${policy}\nenvironments: {}\n`;
  expect(await readSpec(text)).toMatchObject({ ok: true, wish: { driftPolicy: policy } });
});

test('another driftPolicy is a fault', async () => {
  const text = 'apiVersion: mlenv/v1\ndriftPolicy: repar\nenvironments: {}\n';
  expect(await readSpec(text)).toMatchObject({
    ok: false,
    diagnostics: [{ line: 2, column: 14 }],
  });
});

test('no environments is a good file', async () => {
  expect(await readSpec('apiVersion: mlenv/v1\nenvironments: {}\n')).toEqual({
    ok: true,
    wish: { name: 'vision', driftPolicy: 'repair', environments: [] },
  });
});

test.each([
  ['/home/ada/My Project', 'my-project'],
  ['/srv/vision_2', 'vision-2'],
  ['/srv/--x--', 'x'],
  [`/srv/${'a'.repeat(39)}-b`, 'a'.repeat(39)],
  ['/srv/проект', null],
  ['/', null],
])('the folder %j names a project %j', (folder, name) => {
  expect(projectNameOf(folder)).toBe(name);
});
