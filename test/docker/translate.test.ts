import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { observedConfig } from '../../controller/docker/observe-config.ts';
import { listedContainer, observedContainer } from '../../controller/docker/observe.ts';
import { createBody, resourceBody } from '../../controller/docker/translate.ts';
import type { ContainerConfig } from '../../controller/model/container.ts';
import { plainConfig } from '../contracts/engine-bench.ts';

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
const path = word.map((name) => `/${name}`);
const port = fc.integer({ min: 1, max: 65_535 });
const map = fc.dictionary(word, fc.string({ maxLength: 10 }));
const orNull = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null });
const mount = fc.oneof(
  fc.record({
    kind: fc.constantFrom('bind' as const, 'volume' as const),
    source: word,
    target: path,
    readOnly: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('tmpfs' as const),
    target: path,
    sizeBytes: orNull(fc.integer({ min: 1, max: 2 ** 40 })),
  }),
);
const config: fc.Arbitrary<ContainerConfig> = fc.record({
  name: word,
  image: word,
  entrypoint: fc.array(fc.string(), { maxLength: 3 }),
  command: fc.array(fc.string(), { maxLength: 3 }),
  init: fc.boolean(),
  workdir: path,
  user: fc.constant('1000:1000'),
  env: map,
  labels: map,
  ports: fc.uniqueArray(
    fc.record({
      container: port,
      protocol: fc.constantFrom('tcp' as const, 'udp' as const),
      hostIp: fc.constantFrom('127.0.0.1', '0.0.0.0'),
      host: port,
    }),
    { maxLength: 4, selector: ({ container, protocol }) => `${container}/${protocol}` },
  ),
  mounts: fc.array(mount, { maxLength: 4 }),
  shmBytes: fc.integer({ min: 1, max: 2 ** 40 }),
  cpus: orNull(fc.integer({ min: 1, max: 12_800 }).map((hundredths) => hundredths / 100)),
  memoryBytes: orNull(fc.integer({ min: 1, max: 2 ** 45 })),
  pids: orNull(fc.integer({ min: 1, max: 1e6 })),
  capDrop: fc.constantFrom(['ALL'], ['AUDIT_WRITE', 'MKNOD', 'NET_RAW'], []),
  capAdd: fc.constantFrom(['CHOWN', 'SETUID'], []),
  gpus: orNull(
    fc.record({
      ids: fc
        .uniqueArray(fc.constantFrom('GPU-a', 'GPU-b', 'MIG-c'), { minLength: 1 })
        .map((ids) => ids.toSorted()),
      injection: fc.constantFrom(
        'device-request' as const,
        'cdi' as const,
        'runtime' as const,
        'none' as const,
      ),
    }),
  ),
  ulimits: fc.array(
    fc.record({ name: word, soft: fc.integer({ min: -1 }), hard: fc.integer({ min: -1 }) }),
    { maxLength: 3 },
  ),
  logs: fc.record({
    maxBytes: fc.integer({ min: 1, max: 2 ** 40 }),
    maxFiles: fc.integer({ min: 1, max: 99 }),
  }),
  network: orNull(fc.record({ name: fc.constant('mlenv-net'), alias: word })),
  health: orNull(
    fc.record({
      argv: fc.array(word, { minLength: 1, maxLength: 3 }),
      intervalMs: fc.integer({ min: 1, max: 1e6 }),
      timeoutMs: fc.integer({ min: 1, max: 1e6 }),
      retries: fc.integer({ min: 1, max: 9 }),
      startPeriodMs: fc.integer({ min: 0, max: 1e6 }),
    }),
  ),
  stopGraceMs: fc.integer({ min: 0, max: 600 }).map((seconds) => seconds * 1000),
});

test('what is asked for reads back as it was, without an engine in between', () => {
  fc.assert(
    fc.property(config, (wish) => {
      const seen = observedConfig(inspected(wish));
      const byKey = (all: ContainerConfig['ports']) =>
        [...all].sort((a, b) => a.container - b.container || (a.protocol < b.protocol ? -1 : 1));
      expect({ ...seen, ports: byKey(seen.ports) }).toEqual({ ...wish, ports: byKey(wish.ports) });
    }),
  );
});

test('the create body has these fields and no others', () => {
  const full: ContainerConfig = {
    ...plainConfig,
    entrypoint: ['a'],
    command: ['b'],
    workdir: '/w',
    user: '1:1',
    cpus: 1,
    memoryBytes: 1,
    pids: 1,
    network: { name: 'n', alias: 'a' },
    health: { argv: ['x'], intervalMs: 1, timeoutMs: 1, retries: 1, startPeriodMs: 1 },
  };
  const body = createBody({ config: full, anonymousVolumes: [], swapLimit: true });
  expect(Object.keys(body).sort()).toMatchInlineSnapshot(`
    [
      "Cmd",
      "Entrypoint",
      "Env",
      "ExposedPorts",
      "Healthcheck",
      "HostConfig",
      "Image",
      "Labels",
      "NetworkingConfig",
      "StopTimeout",
      "User",
      "WorkingDir",
    ]
  `);
  const host: unknown = 'HostConfig' in body ? body.HostConfig : null;
  expect(host).toMatchObject({
    SecurityOpt: ['no-new-privileges:true'],
    RestartPolicy: { Name: 'no' },
    PublishAllPorts: false,
    Memory: 1,
    MemorySwap: 1,
  });
  expect(Object.keys(host ?? {}).sort()).toMatchInlineSnapshot(`
    [
      "CapAdd",
      "CapDrop",
      "CgroupnsMode",
      "Init",
      "LogConfig",
      "Memory",
      "MemorySwap",
      "Mounts",
      "NanoCpus",
      "NetworkMode",
      "PidsLimit",
      "PortBindings",
      "PublishAllPorts",
      "RestartPolicy",
      "SecurityOpt",
      "ShmSize",
      "Ulimits",
    ]
  `);
});

test('swap is bounded only where the kernel counts it', () => {
  expect(resourceBody({ memoryBytes: 5 }, true)).toEqual({ Memory: 5, MemorySwap: 5 });
  expect(resourceBody({ memoryBytes: 5 }, false)).toEqual({ Memory: 5 });
  expect(resourceBody({}, true)).toEqual({});
});

test('a grace of part of a second is never cut short', () => {
  const body = createBody({
    config: { ...plainConfig, stopGraceMs: 1500 },
    anonymousVolumes: [],
    swapLimit: false,
  });
  expect(body).toMatchObject({ StopTimeout: 2 });
});

test('a container taken off its network by hand equals no wish', () => {
  const wish = { ...plainConfig, network: { name: 'n', alias: 'db' } };
  const inspect = { ...inspected(wish), NetworkSettings: { Networks: {} } };
  expect(observedConfig(inspect).network).toEqual({ name: 'n', alias: '' });
});

test('an end is never seen before its start', () => {
  const State = {
    Status: 'exited',
    StartedAt: '2024-01-01T00:00:00.002Z',
    FinishedAt: '2024-01-01T00:00:00.001Z',
    Health: { Status: 'unhealthy' },
  };
  const seen = observedContainer({ ...inspected(plainConfig), State }, null, '');
  expect(seen.finishedAt).toBe(seen.startedAt);
  expect(seen.health).toBe('none');
});

test('a state that is not known is dead, and zero times are never', () => {
  const State = { Status: 'melted', StartedAt: '0001-01-01T00:00:00Z', FinishedAt: '' };
  expect(observedContainer({ ...inspected(plainConfig), State }, null, '')).toMatchObject({
    state: 'dead',
    startedAt: null,
    finishedAt: null,
  });
});

test.each([
  ['Up 2 minutes (healthy)', 'healthy'],
  ['Up 2 minutes (unhealthy)', 'unhealthy'],
  ['Up 1 second (health: starting)', 'starting'],
  ['Up 2 minutes', 'none'],
  ['Exited (0) 2 minutes ago', 'none'],
])('a list that says %j means %s', (Status, health) => {
  expect(
    listedContainer({ Id: 'x', Names: ['/a/b', '/b'], State: 'running', Status }),
  ).toMatchObject({ health, name: 'b' });
});

/** An inspect as an engine makes it of a create body. */
function inspected(wish: ContainerConfig): Record<string, unknown> {
  const body = createBody({ config: wish, anonymousVolumes: [], swapLimit: true });
  const { HostConfig, NetworkingConfig, ...Config } = {
    HostConfig: {},
    NetworkingConfig: { EndpointsConfig: {} },
    ...body,
  };
  return {
    Id: 'f'.repeat(64),
    Name: `/${wish.name}`,
    Config,
    HostConfig,
    NetworkSettings: { Networks: NetworkingConfig.EndpointsConfig },
  };
}
