import { expect, test } from 'vitest';
import { failed, ok, type Result } from '../../controller/model/failure.ts';
import type { RunningContainer, UsageReading } from '../../controller/model/metrics.ts';
import { createUsageReader } from '../../controller/monitor/usage-reader.ts';
import { reading } from './readings.ts';
import { hybridMounts, id, unifiedMounts, v1, v2 } from './recorded.ts';

const container = (over: Partial<RunningContainer> = {}): RunningContainer => ({
  containerId: id,
  containerName: 'train',
  startedAt: 1000,
  ...over,
});

const onV1 = (pid: number): [string, string][] => [
  ['/proc/self/mountinfo', hybridMounts],
  [`/proc/${pid}/cgroup`, v1.cgroup],
  [`/proc/${pid}/net/dev`, v1.network],
  [`/sys/fs/cgroup/cpu,cpuacct/docker/${id}/cpuacct.usage`, v1.cpu],
  [`/sys/fs/cgroup/memory/docker/${id}/memory.usage_in_bytes`, v1.memory],
  [`/sys/fs/cgroup/memory/docker/${id}/memory.stat`, v1.memoryStat],
  [`/sys/fs/cgroup/blkio/docker/${id}/blkio.throttle.io_service_bytes_recursive`, v1.disk],
];
const onV2 = (pid: number): [string, string][] => {
  const folder = `/sys/fs/cgroup/system.slice/docker-${id}.scope`;
  return [
    ['/proc/self/mountinfo', unifiedMounts],
    [`/proc/${pid}/cgroup`, v2.cgroup],
    [`/proc/${pid}/net/dev`, v1.network],
    [`${folder}/cpu.stat`, v2.cpu],
    [`${folder}/memory.current`, v2.memory],
    [`${folder}/memory.stat`, v2.memoryStat],
    [`${folder}/memory.max`, v2.memoryMax],
    [`${folder}/io.stat`, v2.disk],
  ];
};

const given = (files: readonly [string, string][]) => {
  const world = {
    files: new Map(files),
    links: new Map([['/proc/self/ns/net', 'net:[1]']]),
    pid: (): Result<number | null> => ok(42),
    usage: (): Promise<Result<UsageReading>> => Promise.resolve(ok(reading({ run: 'engine' }))),
    nowMs: 500,
  };
  const asked = { pid: 0, usage: 0, atOnce: 0, most: 0 };
  const reader = createUsageReader({
    engine: {
      pid: () => {
        asked.pid += 1;
        return Promise.resolve(world.pid());
      },
      sessions: () => Promise.resolve(ok([])),
      usage: async () => {
        asked.usage += 1;
        asked.atOnce += 1;
        asked.most = Math.max(asked.most, asked.atOnce);
        const told = await world.usage();
        asked.atOnce -= 1;
        return told;
      },
    },
    files: {
      text: (path) => world.files.get(path) ?? null,
      link: (path) => world.links.get(path) ?? null,
    },
    monotonicMs: () => world.nowMs,
    breathe: () => Promise.resolve(),
    concurrency: 2,
    passMs: 1000,
  });
  const read = async (one = container()) =>
    (await reader.read([one], new AbortController().signal)).get(one.containerId);
  return { world, asked, reader, read };
};

test('v1: every counter from the kernel’s files, and the engine is asked once for the process', async () => {
  const { read, asked } = given(onV1(42));
  const expected = {
    atMs: 500,
    run: 'files 42',
    cpuNs: 97_149_524,
    memoryBytes: 25_325_568,
    memoryLimitBytes: 67_108_864,
    diskReadBytes: 12_288,
    diskWriteBytes: 16_777_216,
    networkRxBytes: 8_394_190,
    networkTxBytes: 61_007,
  };
  expect(await read()).toEqual(expected);
  expect(await read()).toEqual(expected);
  expect(asked).toMatchObject({ pid: 1, usage: 0 });
});

test('v2: the same, and a limit of max is none', async () => {
  const { read } = given(onV2(42));
  expect(await read()).toMatchObject({
    cpuNs: 12_816_549_000,
    memoryBytes: 24_743_936,
    memoryLimitBytes: null,
    diskReadBytes: 2_158_692,
  });
});

test('started again, it is another run with another process', async () => {
  const { read, world, asked } = given(onV1(42));
  await read();
  world.files = new Map(onV1(43));
  world.pid = () => ok(43);
  expect(await read()).toMatchObject({ run: 'files 43' });
  expect(await read(container({ startedAt: 2000 }))).toMatchObject({ run: 'files 43' });
  expect(asked.pid).toBe(3);
});

test('a process that took the number is not read as the container', async () => {
  const { read, world } = given(onV1(42));
  await read();
  world.files.set('/proc/42/cgroup', '0::/user.slice\n');
  world.pid = () => ok(null);
  expect(await read()).toBeUndefined();
});

test('what one file does not tell is null, and the rest is told', async () => {
  const { read, world } = given(onV1(42));
  world.files.delete('/proc/42/net/dev');
  world.files.delete(`/sys/fs/cgroup/memory/docker/${id}/memory.stat`);
  expect(await read()).toMatchObject({
    cpuNs: 97_149_524,
    memoryBytes: null,
    networkRxBytes: null,
    diskWriteBytes: 16_777_216,
  });
});

test('the host’s own network is not counted as a container’s', async () => {
  const { read, world } = given(onV1(42));
  world.links.set('/proc/42/ns/net', 'net:[1]');
  expect(await read()).toMatchObject({ networkRxBytes: null, networkTxBytes: null });
});

test('where the process is another machine’s the engine is asked', async () => {
  const { read, asked } = given([['/proc/42/cgroup', '0::/init.scope\n']]);
  expect(await read()).toMatchObject({ run: 'engine' });
  expect(await read()).toMatchObject({ run: 'engine' });
  expect(asked).toMatchObject({ pid: 2, usage: 2 });
});

test('an engine that does not answer leaves nothing, and is asked anew', async () => {
  const { read, world, asked } = given(onV1(42));
  world.pid = () => failed('retry', 'no answer');
  expect(await read()).toBeUndefined();
  world.pid = () => ok(42);
  expect(await read()).toMatchObject({ run: 'files 42' });
  expect(asked.pid).toBe(2);
});

test('the engine is asked for two at once, and for nobody more when the pass is over; the rest comes first in the next one', async () => {
  const { reader, world, asked } = given([]);
  world.usage = async () => {
    await new Promise(setImmediate);
    world.nowMs += 300;
    return ok(reading({ run: 'engine' }));
  };
  const many = Array.from({ length: 50 }, (_, n) => container({ containerId: `c${n}` }));
  const readings = await reader.read(many, new AbortController().signal);
  const next = await reader.read(many, new AbortController().signal);
  expect([...next.keys()].filter((one) => readings.has(one))).toEqual([]);
  expect(asked.most).toBe(2);
  expect(readings.size + next.size).toBe(asked.usage);
  expect(readings.size).toBeLessThan(10);
  expect(readings.size).toBeGreaterThan(2);
});

test('when it is told to end it asks nobody more', async () => {
  const { reader, asked } = given([]);
  expect(await reader.read([container()], AbortSignal.abort())).toEqual(new Map());
  expect(asked.pid).toBe(0);
});
