import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inspectKeys, keysOf } from '../../controller/docker/inspect-keys.ts';
import { observedStrays, strayRows, usualBody } from '../../controller/docker/observe-strays.ts';
import { fields, mapFields } from '../../controller/plan/fields.ts';

/** One file an engine, recorded by test/engine/strays.test.ts with UPDATE=1. */
const folder = new URL('../fixtures/inspect/', import.meta.url);
const recorded = readdirSync(folder).map((name) => ({
  name,
  keys: JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as readonly string[],
}));

const traits = { swapLimit: true, cpus: 8, cgroupVersion: '1' };

describe('the table of keys', () => {
  it.each(recorded)('knows every key of $name', ({ keys }) => {
    expect(keys.length).toBeGreaterThan(100);
    expect(keys.filter((key) => inspectKeys[key] === undefined)).toEqual([]);
  });

  it('is compared where it says so', () => {
    const compared = new Set([
      'name',
      ...fields.map(({ name }) => name),
      ...mapFields.map(({ name }) => name),
    ]);
    const strays = new Set(strayRows.map(({ key }) => `HostConfig.${key}`));
    for (const [key, treatment] of Object.entries(inspectKeys)) {
      if (treatment.as === 'field') expect(compared, key).toContain(treatment.field);
      if (treatment.as === 'stray' && key !== 'NetworkSettings.Networks.*') {
        expect(strays, key).toContain(key);
      }
      if (treatment.as === 'ignored') expect(treatment.why, key).not.toBe('');
    }
    for (const key of strays) expect(inspectKeys[key], key).toEqual({ as: 'stray' });
  });

  it('finds keys in the parts of an inspect', () => {
    expect(
      keysOf({
        Id: 'c1',
        HostConfig: { Memory: 0 },
        Mounts: [{ Type: 'bind' }],
        NetworkSettings: { Ports: {}, Networks: { mine: { Aliases: [] } } },
      }),
    ).toEqual([
      'HostConfig.Memory',
      'Id',
      'Mounts.*.Type',
      'NetworkSettings.Networks.*',
      'NetworkSettings.Networks.*.Aliases',
      'NetworkSettings.Ports',
    ]);
  });
});

describe('strays', () => {
  const usual = {
    NetworkMode: 'mlenv-p',
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    Memory: 64,
    MemorySwap: 64,
    CpuShares: 0,
    CpusetCpus: '',
    BlkioWeight: 0,
    BlkioDeviceReadBps: null,
    MemoryReservation: 0,
  };
  const of = (host: object, networks: readonly string[] = ['mlenv-p']) =>
    observedStrays(
      {
        HostConfig: { ...usual, ...host },
        NetworkSettings: { Networks: Object.fromEntries(networks.map((name) => [name, {}])) },
      },
      traits,
    ).map(({ field, value, cure }) => [field, value, cure]);

  it('are none in a container as MLEnv makes it, nor in one that was put back', () => {
    expect(of({})).toEqual([]);
    expect(of({ RestartPolicy: {} })).toEqual([]);
    expect(of({ NetworkMode: 'none' }, ['none'])).toEqual([]);
    const back = usualBody(
      strayRows.map(({ field }) => field),
      traits,
    );
    expect(back).toEqual({
      RestartPolicy: { Name: 'no' },
      CpuShares: 1024,
      CpusetCpus: '0-7',
      CpuQuota: -1,
      CpuPeriod: 100_000,
    });
    expect(of(back)).toEqual([]);
  });

  it.each([
    [{ RestartPolicy: { Name: 'always' } }, ['restartPolicy', 'always', 'update']],
    [{ CpuShares: 512 }, ['cpuShares', '512', 'update']],
    [{ CpusetCpus: '0-1' }, ['cpusetCpus', '0-1', 'update']],
    [{ CpuQuota: 5000 }, ['cpuQuota', '5000', 'update']],
    [{ MemorySwap: -1 }, ['memorySwap', '-1 bytes', 'update']],
    [{ CpusetMems: '0' }, ['cpusetMems', '0', 'recreate']],
    [{ BlkioWeight: 300 }, ['blkioWeight', '300', 'recreate']],
    [{ MemoryReservation: 5 }, ['memoryReservation', '5', 'recreate']],
    [
      { BlkioDeviceReadBps: [{ Path: '/dev/sda', Rate: 1 }] },
      ['blkioDeviceReadBps', '[{"Path":"/dev/sda","Rate":1}]', 'recreate'],
    ],
  ])('are found in %j', (host, expected) => {
    expect(of(host)).toEqual([expected]);
  });

  it('are further networks', () => {
    expect(of({}, ['mlenv-p', 'bridge'])).toEqual([['networks', 'bridge', 'disconnect']]);
  });

  it('are no swap where the kernel does not count it', () => {
    const inspect = { HostConfig: { ...usual, MemorySwap: -1 }, NetworkSettings: {} };
    expect(observedStrays(inspect, { ...traits, swapLimit: false })).toEqual([]);
  });
});
