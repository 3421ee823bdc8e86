import type { Stray } from '../model/container.ts';
import { json, type Json, list, number, text } from './shape.ts';

/** What the engine can do, as far as it decides what a value means. */
export interface EngineTraits {
  readonly swapLimit: boolean;
  /** null: it does not say. */
  readonly cpus: number | null;
  readonly cgroupVersion: string;
}

interface Row {
  /** As `docker update` calls it. */
  readonly field: string;
  /** Key of HostConfig. */
  readonly key: string;
  /** What stands there is not what MLEnv asks for; null: it is. */
  readonly read: (host: Json, traits: EngineTraits) => string | null;
  readonly usual: string;
  /** What `docker update` sends to put it back; null: nothing does, as the engine reads a zero as "leave it". */
  readonly back: (traits: EngineTraits) => object | null;
}

const over = (key: string, ...usual: readonly number[]): Row['read'] => {
  return (host) => {
    const value = number(host[key]);
    return value === 0 || usual.includes(value) ? null : String(value);
  };
};
const never = (): null => null;

/** `0-15`: as many as there are. */
const allCpus = ({ cpus }: EngineTraits): string | null =>
  cpus === null || cpus < 1 ? null : cpus === 1 ? '0' : `0-${cpus - 1}`;

/**
 * What `docker update` can change on a container and MLEnv asks for in no file. The kernel's own value counts as the
 * usual one, as it is what a change is put back to.
 */
export const strayRows: readonly Row[] = [
  {
    field: 'restartPolicy',
    key: 'RestartPolicy',
    read: (host) => {
      const name = text(json(host['RestartPolicy'])['Name']);
      return name === '' || name === 'no' ? null : name;
    },
    usual: 'no',
    back: () => ({ RestartPolicy: { Name: 'no' } }),
  },
  {
    field: 'cpuShares',
    key: 'CpuShares',
    read: over('CpuShares', 1024),
    usual: '1024',
    // With cgroup v2 every runc has a formula of its own for it, and none of them a zero.
    back: ({ cgroupVersion }) => (cgroupVersion === '1' ? { CpuShares: 1024 } : null),
  },
  {
    field: 'cpusetCpus',
    key: 'CpusetCpus',
    read: (host, traits) => {
      const set = text(host['CpusetCpus']);
      return set === '' || set === allCpus(traits) ? null : set;
    },
    usual: 'all',
    back: (traits) => {
      const all = allCpus(traits);
      return all === null ? null : { CpusetCpus: all };
    },
  },
  {
    field: 'cpuQuota',
    key: 'CpuQuota',
    read: over('CpuQuota', -1),
    usual: 'none',
    back: () => ({ CpuQuota: -1 }),
  },
  {
    field: 'cpuPeriod',
    key: 'CpuPeriod',
    read: over('CpuPeriod', 100_000),
    usual: '100000',
    back: () => ({ CpuPeriod: 100_000 }),
  },
  {
    field: 'memorySwap',
    key: 'MemorySwap',
    // Bounded with memory; where the kernel does not count it, or memory has no limit, there is nothing to bound.
    read: (host, { swapLimit }) => {
      const memory = number(host['Memory']);
      const swap = number(host['MemorySwap']);
      return swapLimit && memory > 0 && swap !== memory ? `${swap} bytes` : null;
    },
    usual: 'as memory',
    // Sent with memory, which it is bound to.
    back: () => ({}),
  },
  { field: 'cpusetMems', key: 'CpusetMems', read: named('CpusetMems'), usual: 'all', back: never },
  {
    field: 'blkioWeight',
    key: 'BlkioWeight',
    read: over('BlkioWeight'),
    usual: 'none',
    back: never,
  },
  ...[
    'BlkioWeightDevice',
    'BlkioDeviceReadBps',
    'BlkioDeviceReadIOps',
    'BlkioDeviceWriteBps',
    'BlkioDeviceWriteIOps',
  ].map((key): Row => ({
    field: `${key.charAt(0).toLowerCase()}${key.slice(1)}`,
    key,
    read: (host) => (list(host[key]).length === 0 ? null : JSON.stringify(host[key])),
    usual: 'none',
    back: never,
  })),
  ...[
    'MemoryReservation',
    'KernelMemory',
    'KernelMemoryTCP',
    'CpuRealtimePeriod',
    'CpuRealtimeRuntime',
  ].map((key): Row => ({
    field: `${key.charAt(0).toLowerCase()}${key.slice(1)}`,
    key,
    read: over(key),
    usual: 'none',
    back: never,
  })),
];

function named(key: string): Row['read'] {
  return (host) => text(host[key]) || null;
}

/** Further networks that a hand put it into: in the bridge of Docker it would be with everybody's containers. */
const strayNetworks = (inspect: Json): readonly string[] => {
  const own = text(json(inspect['HostConfig'])['NetworkMode']);
  return Object.keys(json(json(inspect['NetworkSettings'])['Networks'])).filter(
    // By its name or its id; the one called default bears another name.
    (name) => name !== own && own !== '' && own !== 'default' && !own.includes(':'),
  );
};

export const observedStrays = (inspect: Json, traits: EngineTraits): readonly Stray[] => [
  ...strayRows.flatMap(({ field, read, usual, back }): Stray[] => {
    const value = read(json(inspect['HostConfig']), traits);
    if (value === null) return [];
    return [{ field, value, usual, cure: back(traits) === null ? 'recreate' : 'update' }];
  }),
  ...strayNetworks(inspect)
    .toSorted()
    .map((name): Stray => ({
      field: 'networks',
      value: name,
      usual: '(none)',
      cure: 'disconnect',
    })),
];

/** For the update that puts these back. */
export const usualBody = (fields: readonly string[], traits: EngineTraits): object =>
  Object.assign(
    {},
    ...strayRows
      .filter(({ field }) => fields.includes(field))
      .map(({ back }) => back(traits) ?? {}),
  ) as object;
