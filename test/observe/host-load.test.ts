import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { busyPercent, createHostLoad } from '../../controller/observe/host-load.ts';
import { until } from '../support/until.ts';

const here = { what: 'temporary files', path: tmpdir() };

describe('the load of this host', () => {
  it('is read whole, and its CPU from the second look on', async () => {
    const load = createHostLoad({ disks: () => [here], now: () => 42 });
    const first = await load.read();
    expect(first.readAt).toBe(42);
    expect(first.cpuPercent).toBeNull();
    expect(first.cores).toBeGreaterThan(0);
    expect(first.load1).toBeGreaterThanOrEqual(0);
    expect(first.memoryTotalBytes).toBeGreaterThan(2 ** 26);
    expect(first.memoryAvailableBytes).toBeGreaterThan(0);
    expect(first.memoryAvailableBytes ?? 0).toBeLessThanOrEqual(first.memoryTotalBytes ?? 0);
    await until('the CPU is told', async () => {
      const { cpuPercent } = await load.read();
      return cpuPercent !== null && cpuPercent >= 0 && cpuPercent <= 100;
    });
  });

  it('has the disks that can be read, and not the others', async () => {
    const disks = () => [here, { what: 'nothing', path: '/nowhere/at/all' }];
    const { disks: found } = await createHostLoad({ disks, now: () => 0 }).read();
    expect(found.map(({ what }) => what)).toEqual(['temporary files']);
    const [disk] = found;
    expect(disk?.totalBytes).toBeGreaterThan(0);
    expect(disk?.freeBytes).toBeLessThanOrEqual(disk?.totalBytes ?? 0);
  });

  it('has every disk for each of two who look at once', async () => {
    const load = createHostLoad({ disks: () => [here], now: () => 0 });
    const looks = await Promise.all([load.read(), load.read()]);
    expect(looks.map(({ disks }) => disks.length)).toEqual([1, 1]);
  });
});

describe('CPU percent', () => {
  const at = (idleMs: number, totalMs: number) => ({ cores: 2, idleMs, totalMs });

  it('is what was not idle since the look before', () => {
    expect(busyPercent(at(100, 200), at(175, 300))).toBe(25);
    expect(busyPercent(at(100, 200), at(100, 300))).toBe(100);
  });

  it('is null where no time passed or the counters went back', () => {
    expect(busyPercent(at(100, 200), at(100, 200))).toBeNull();
    expect(busyPercent(at(100, 200), at(50, 300))).toBeNull();
  });
});
