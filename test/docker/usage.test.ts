import { expect, test } from 'vitest';
import { readingOf } from '../../controller/docker/usage.ts';

/** As Engine 20.10 answers on cgroup v1, shortened. */
const onV1 = {
  read: '2026-11-24T10:33:58.123456789Z',
  cpu_stats: { cpu_usage: { total_usage: 97149524 }, online_cpus: 2 },
  memory_stats: {
    usage: 26472448,
    limit: 67108864,
    stats: { inactive_file: 4096, total_inactive_file: 1146880 },
  },
  blkio_stats: {
    io_service_bytes_recursive: [
      { major: 254, minor: 0, op: 'Read', value: 4096 },
      { major: 254, minor: 0, op: 'Write', value: 16777216 },
      { major: 259, minor: 0, op: 'Write', value: 4 },
    ],
  },
  networks: { eth0: { rx_bytes: 100, tx_bytes: 7 }, eth1: { rx_bytes: 1, tx_bytes: 0 } },
};

test('an answer of the engine is a reading, timed by the engine’s own clock', () => {
  expect(readingOf(onV1)).toEqual({
    atMs: Date.UTC(2026, 10, 24, 10, 33, 58, 123),
    run: 'engine',
    cpuNs: 97_149_524,
    memoryBytes: 26_472_448 - 1_146_880,
    memoryLimitBytes: 67_108_864,
    diskReadBytes: 4096,
    diskWriteBytes: 16_777_220,
    networkRxBytes: 101,
    networkTxBytes: 7,
  });
});

test('cgroup v2 names operations and pages of files otherwise', () => {
  const { memoryBytes, diskWriteBytes } =
    readingOf({
      ...onV1,
      memory_stats: { usage: 300, stats: { inactive_file: 100 } },
      blkio_stats: { io_service_bytes_recursive: [{ op: 'write', value: 9 }] },
    }) ?? {};
  expect([memoryBytes, diskWriteBytes]).toEqual([200, 9]);
});

test('what it does not tell is null and never 0; no answer is none', () => {
  const bare = {
    read: onV1.read,
    cpu_stats: {},
    memory_stats: {},
    blkio_stats: { io_service_bytes_recursive: null },
  };
  const { atMs: _at, run: _run, ...values } = readingOf(bare) ?? {};
  expect(new Set(Object.values(values))).toEqual(new Set([null]));
  expect([readingOf('oops'), readingOf({ message: 'no' })]).toEqual([null, null]);
  expect(readingOf({ ...onV1, read: '' })).toBeNull();
});
