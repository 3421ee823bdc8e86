import { describe, expect, test } from 'vitest';
import {
  cgroupFiles,
  cpuNsOf,
  diskOf,
  memoryLimitOf,
  memoryOf,
  mountsOf,
  networkOf,
  pathsOf,
} from '../../controller/monitor/cgroup.ts';
import { hybridMounts, id, unifiedMounts, v1, v2 } from './recorded.ts';

const filesOf = (cgroup: string, mountinfo: string) =>
  cgroupFiles(pathsOf(cgroup), mountsOf(mountinfo));

describe('where the counters are', () => {
  test('v1, with v2 mounted beside it for systemd alone', () => {
    const folder = (controller: string): string => `/sys/fs/cgroup/${controller}/docker/${id}`;
    expect(filesOf(v1.cgroup, hybridMounts)).toEqual({
      version: 1,
      cpu: `${folder('cpu,cpuacct')}/cpuacct.usage`,
      memory: `${folder('memory')}/memory.usage_in_bytes`,
      memoryStat: `${folder('memory')}/memory.stat`,
      memoryLimit: null,
      disk: ['throttle.', 'bfq.', ''].map(
        (kind) => `${folder('blkio')}/blkio.${kind}io_service_bytes_recursive`,
      ),
    });
  });

  test.each([
    ['the systemd driver', `/system.slice/docker-${id}.scope`],
    ['the cgroupfs driver', `/docker/${id}`],
  ])('v2, %s', (_, path) => {
    expect(filesOf(`0::${path}\n`, unifiedMounts)).toEqual({
      version: 2,
      cpu: `/sys/fs/cgroup${path}/cpu.stat`,
      memory: `/sys/fs/cgroup${path}/memory.current`,
      memoryStat: `/sys/fs/cgroup${path}/memory.stat`,
      memoryLimit: `/sys/fs/cgroup${path}/memory.max`,
      disk: [`/sys/fs/cgroup${path}/io.stat`],
    });
  });

  test('a mount that shows a part alone: below it the path goes on, beside it there is none', () => {
    const part = unifiedMounts.replace(' / /sys/fs/cgroup ', ' /docker /sys/fs/cgroup ');
    expect(filesOf(`0::/docker/${id}\n`, part)?.cpu).toBe(`/sys/fs/cgroup/${id}/cpu.stat`);
    expect(filesOf(`0::/other/${id}\n`, part)).toBeNull();
    expect(filesOf(`0::/../${id}\n`, unifiedMounts)).toBeNull();
    expect(filesOf('', unifiedMounts)).toBeNull();
  });
});

test('the processor in nanoseconds', () => {
  expect(cpuNsOf(1, v1.cpu)).toBe(97_149_524);
  expect(cpuNsOf(2, v2.cpu)).toBe(12_816_549_000);
  expect([cpuNsOf(1, ''), cpuNsOf(2, 'user_usec 1\n')]).toEqual([null, null]);
});

test('memory without pages of files that are not in use, as docker stats has it', () => {
  expect(memoryOf(1, { usage: v1.memory, stat: v1.memoryStat })).toBe(26_472_448 - 1_146_880);
  expect(memoryOf(2, { usage: v2.memory, stat: v2.memoryStat })).toBe(41_246_720 - 16_502_784);
  // Read a moment later, the part may be larger than the whole.
  expect(memoryOf(2, { usage: '100\n', stat: 'inactive_file 200\n' })).toBe(100);
  expect(memoryOf(2, { usage: '100\n', stat: '' })).toBeNull();
});

test('the limit of memory; a number as large as the address space is none', () => {
  expect(memoryLimitOf(1, v1.memoryStat)).toBe(67_108_864);
  expect(memoryLimitOf(1, 'hierarchical_memory_limit 9223372036854771712\n')).toBeNull();
  expect([memoryLimitOf(2, '67108864\n'), memoryLimitOf(2, 'max\n')]).toEqual([67_108_864, null]);
});

test('the disk over all devices', () => {
  expect(diskOf(1, v1.disk)).toEqual({ read: 4096 + 8192, written: 16_777_216 });
  expect(diskOf(2, v2.disk)).toEqual({ read: 2_158_592 + 100, written: 1_052_672 });
  // v1 without a device may as well not count; v2 is empty until something was read or written.
  expect([diskOf(1, 'Total 0\n'), diskOf(2, '')]).toEqual([null, { read: 0, written: 0 }]);
});

test('the network without the loopback', () => {
  expect(networkOf(v1.network)).toEqual({ rx: 8_394_120 + 70, tx: 61_002 + 5 });
  expect(networkOf('nonsense')).toBeNull();
});
