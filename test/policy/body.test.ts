import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { label } from '../../controller/model/labels.ts';
import { createBody } from '../../controller/docker/translate.ts';
import type { Environment, MountWish } from '../../controller/model/environment.ts';
import { desiredContainer } from '../../controller/plan/desired.ts';
import { context, gpuLease, leasesFor, oneCard, record, wish } from '../support/plan-builders.ts';

/** Texts that mean something to an engine, and any other. */
const text = fc.oneof(
  fc.constantFrom('host', 'container:x', '/', '/var/run/docker.sock', 'privileged', 'ALL', '*', ''),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('__proto__', 'constructor', 'HostConfig', 'Privileged'),
);
const map = fc.dictionary(text, text, { maxKeys: 4 });
const size = fc.integer({ min: 1, max: 2 ** 40 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary);
const id = fc.integer({ min: 0, max: 65_535 });

const mount: fc.Arbitrary<MountWish> = fc.oneof(
  fc.record({
    kind: fc.constant('bind' as const),
    source: text,
    target: text,
    readOnly: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('volume' as const),
    volume: text,
    target: text,
    readOnly: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('tmpfs' as const), target: text, sizeBytes: maybe(size) }),
);

/** Every field that a file can fill, with whatever it may be filled with and more. */
const anyWish: fc.Arbitrary<Environment> = fc
  .record({
    image: text,
    entrypoint: maybe(fc.array(text)),
    command: maybe(fc.array(text)),
    init: fc.boolean(),
    workdir: maybe(text),
    user: fc.oneof(
      fc.constantFrom<Environment['user']>({ kind: 'host' }, { kind: 'image' }),
      fc.record({ kind: fc.constant('ids' as const), uid: id, gid: id }),
    ),
    env: map,
    labels: map,
    ports: fc.array(
      fc.record({
        container: id,
        protocol: fc.constantFrom('tcp' as const, 'udp' as const),
        host: fc.oneof(id, fc.constant('auto' as const)),
        hostIp: text,
      }),
      { maxLength: 3 },
    ),
    workspace: maybe(
      fc.record({
        target: text,
        readOnly: fc.boolean(),
        update: fc.constantFrom('keep' as const, 'recreate' as const),
      }),
    ),
    mounts: fc.array(mount, { maxLength: 3 }),
    shmBytes: size,
    cpus: maybe(fc.integer({ min: 1, max: 64 })),
    memoryBytes: maybe(size),
    pids: maybe(size),
    gpus: maybe(fc.constant(oneCard)),
    ulimits: fc.array(fc.record({ name: text, soft: size, hard: size, byDefault: fc.boolean() }), {
      maxLength: 3,
    }),
    logs: fc.record({ maxBytes: size, maxFiles: id }),
    network: fc.boolean(),
    health: maybe(
      fc.record({
        probe: fc.record({ kind: fc.constant('command' as const), argv: fc.array(text) }),
        intervalMs: id,
        timeoutMs: id,
        retries: id,
        onUnhealthy: fc.constantFrom('restart' as const, 'report' as const),
        graceMs: id,
        startPeriodMs: id,
      }),
    ),
    stopGraceMs: id,
  })
  .map((over) => wish(over));

type Json = Readonly<Record<string, unknown>>;

const topKeys = [
  'Image Entrypoint Cmd WorkingDir User Healthcheck Env Labels ExposedPorts StopTimeout HostConfig',
  'NetworkingConfig',
].flatMap((line) => line.split(' '));

const hostKeys = [
  'Init Mounts PortBindings PublishAllPorts NetworkMode RestartPolicy LogConfig ShmSize Ulimits',
  'SecurityOpt CapDrop CapAdd CgroupnsMode DeviceRequests Runtime NanoCpus Memory MemorySwap PidsLimit',
].flatMap((line) => line.split(' '));

const mountKeys: Readonly<Record<string, readonly string[]>> = {
  bind: ['Type', 'Source', 'Target', 'ReadOnly'],
  volume: ['Type', 'Source', 'Target', 'ReadOnly'],
  tmpfs: ['Type', 'Target', 'TmpfsOptions'],
};

const within = (keys: readonly string[], value: unknown): void => {
  expect(keys).toEqual(expect.arrayContaining(Object.keys(value as object)));
};

const injections = ['device-request', 'cdi', 'runtime', 'none'] as const;

test('whatever is wished, the body has these keys and these values, and no others', () => {
  fc.assert(
    fc.property(
      anyWish,
      fc.constantFrom('baseline' as const, 'strict' as const),
      fc.constantFrom(...injections),
      fc.boolean(),
      (environment, level, injection, swapLimit) => {
        const inContext = context({ level, injection });
        const { config } = desiredContainer({
          wish: environment,
          record: record(),
          context: inContext,
          leases: leasesFor(environment),
          gpuLeases: environment.gpus === null ? [] : [gpuLease('GPU-a')],
          made: null,
        });
        const body = createBody({ config, anonymousVolumes: [], swapLimit }) as Json;
        // As it goes over the wire: what a name in the file could do to a key would show here.
        const sent = JSON.parse(JSON.stringify(body)) as Json;
        within(topKeys, sent);
        const host = sent['HostConfig'] as Json;
        within(hostKeys, host);
        expect(host).toMatchObject({
          PublishAllPorts: false,
          RestartPolicy: { Name: 'no' },
          SecurityOpt: ['no-new-privileges:true'],
          CgroupnsMode: 'private',
          LogConfig: { Type: 'json-file' },
          CapDrop: level === 'strict' ? ['ALL'] : ['AUDIT_WRITE', 'MKNOD', 'NET_RAW'],
        });
        const root = environment.user.kind === 'image' || config.user?.startsWith('0:') === true;
        const given = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];
        expect(host['CapAdd']).toEqual(level === 'strict' && root ? given : []);
        expect(host['NetworkMode']).toMatch(/^(none|mlenv-[a-z0-9-]+)$/);
        expect([undefined, 'nvidia']).toContain(host['Runtime']);
        within(['Type', 'Config'], host['LogConfig']);
        within(['max-size', 'max-file'], (host['LogConfig'] as Json)['Config']);
        for (const each of host['Mounts'] as readonly Json[]) {
          within(mountKeys[String(each['Type'])] ?? [], each);
          if (each['TmpfsOptions'] !== undefined) within(['SizeBytes'], each['TmpfsOptions']);
        }
        for (const each of (host['DeviceRequests'] ?? []) as readonly Json[]) {
          expect(['nvidia', 'cdi']).toContain(each['Driver']);
          expect(each['DeviceIDs']).toEqual([
            each['Driver'] === 'cdi' ? 'nvidia.com/gpu=GPU-a' : 'GPU-a',
          ]);
          expect([undefined, 0]).toContain(each['Count']);
        }
        const visible = (sent['Env'] as readonly string[]).filter((line) =>
          line.startsWith('NVIDIA_VISIBLE_DEVICES='),
        );
        expect(visible).toEqual([
          `NVIDIA_VISIBLE_DEVICES=${environment.gpus === null ? 'void' : 'GPU-a'}`,
        ]);
        const labels = Object.keys(sent['Labels'] as Json).filter((key) =>
          key.startsWith('mlenv.'),
        );
        expect((sent['Labels'] as Json)['mlenv.instance']).toBe(inContext.instance);
        expect(labels.sort()).toEqual(Object.values(label).sort());
      },
    ),
    { numRuns: 300 },
  );
});
