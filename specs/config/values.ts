import type { HostConfig } from '../../controller/model/config.ts';
import { formatDuration, formatSize } from '../units.ts';
import type { ConfigFile } from './types.generated.ts';

/** Every leaf of the file by its path, in the words of the file; null: not there, and nothing stands in for it. */
export interface ConfigValues {
  readonly watch: readonly string[];
  readonly pruneGrace: string;
  readonly 'subnets.range': string;
  readonly 'subnets.prefix': number;
  readonly autoPorts: string;
  readonly 'gpu.nvidiaSmi': string;
  readonly 'gpu.injection': HostConfig['gpu']['injection'];
  readonly 'gpu.poll': string;
  readonly 'gpu.timeout': string;
  readonly 'gpu.foreignMemory': string;
  readonly 'gpu.recoverAfter': number;
  readonly 'gpu.exclude': readonly (number | string)[];
  readonly 'gpu.shared': readonly SharedValue[];
  readonly 'gpu.reserved': readonly ReservedValue[];
  readonly 'defaults.cpus': number | null;
  readonly 'defaults.memory': string | null;
  readonly 'host.memory': string;
  readonly 'host.cpu': string;
  readonly 'host.load': number | 'off';
  readonly 'host.freeMemory': string;
  readonly 'host.freeDisk': string;
  readonly 'queue.order': HostConfig['queue']['order'];
  readonly 'queue.reserveAfter': string;
}

export interface SharedValue {
  readonly gpus: readonly (number | string)[];
  readonly slots: number;
}

export interface ReservedValue {
  readonly gpus: readonly (number | string)[];
  readonly for: { readonly projects?: readonly string[]; readonly users?: readonly string[] };
}

export type ConfigLeaf = keyof ConfigValues;

/** A configuration as it would be written; `resolveValues` reads it back the same. */
export const valuesOf = ({
  settings,
  watch,
  gpu,
  defaults,
  host,
  queue,
}: HostConfig): ConfigValues => ({
  watch,
  pruneGrace: formatDuration(settings.pruneGraceMs),
  'subnets.range': settings.subnets.base,
  'subnets.prefix': settings.subnets.prefix,
  autoPorts: `${settings.autoPorts.from}-${settings.autoPorts.to}`,
  'gpu.nvidiaSmi': gpu.nvidiaSmi ?? 'none',
  'gpu.injection': gpu.injection,
  'gpu.poll': formatDuration(gpu.pollMs),
  'gpu.timeout': formatDuration(gpu.timeoutMs),
  'gpu.foreignMemory': formatSize(gpu.foreignMemoryBytes),
  'gpu.recoverAfter': gpu.recoverAfter,
  'gpu.exclude': gpu.exclude.map(deviceValue),
  'gpu.shared': gpu.shared.map(({ gpus, slots }) => ({ gpus: gpus.map(deviceValue), slots })),
  'gpu.reserved': gpu.reserved.map(({ gpus, for: { projects, users } }) => ({
    gpus: gpus.map(deviceValue),
    for: {
      ...(projects.length === 0 ? {} : { projects }),
      ...(users.length === 0 ? {} : { users }),
    },
  })),
  'defaults.cpus': defaults.cpus,
  'defaults.memory': defaults.memoryBytes === null ? null : formatSize(defaults.memoryBytes),
  'host.memory': percentValue(host.memoryPercent),
  'host.cpu': percentValue(host.cpuPercent),
  'host.load': host.loadPerCore ?? 'off',
  'host.freeMemory': host.freeMemoryBytes === null ? 'off' : formatSize(host.freeMemoryBytes),
  'host.freeDisk': percentValue(host.freeDiskPercent),
  'queue.order': queue.order,
  'queue.reserveAfter': formatDuration(queue.reserveAfterMs),
});

/** The leaves that a file, which is one by the schema, sets itself. */
export const valuesOfFile = (file: ConfigFile): Partial<ConfigValues> => {
  const flat = { ...file, ...below('subnets', file.subnets), ...below('gpu', file.gpu) };
  const all: Readonly<Record<string, unknown>> = {
    ...flat,
    ...below('defaults', file.defaults),
    ...below('host', file.host),
    ...below('queue', file.queue),
  };
  return Object.fromEntries(
    configLeaves.filter((leaf) => all[leaf] !== undefined).map((leaf) => [leaf, all[leaf]]),
  );
};

/** The same as it stands in a file. */
export const fileOfValues = (values: Partial<ConfigValues>): Record<string, unknown> => {
  const file: Record<string, unknown> = { apiVersion: 'mlenv/v1' };
  for (const [leaf, value] of Object.entries(values)) {
    const [top = '', name] = leaf.split('.');
    file[top] = name === undefined ? value : { ...(file[top] as object), [name]: value };
  }
  return file;
};

/** In the order of the schema. */
export const configLeaves: readonly ConfigLeaf[] = [
  'watch',
  'pruneGrace',
  'subnets.range',
  'subnets.prefix',
  'autoPorts',
  'gpu.nvidiaSmi',
  'gpu.injection',
  'gpu.poll',
  'gpu.timeout',
  'gpu.foreignMemory',
  'gpu.recoverAfter',
  'gpu.exclude',
  'gpu.shared',
  'gpu.reserved',
  'defaults.cpus',
  'defaults.memory',
  'host.memory',
  'host.cpu',
  'host.load',
  'host.freeMemory',
  'host.freeDisk',
  'queue.order',
  'queue.reserveAfter',
];

const below = (top: string, map: object | undefined): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(map ?? {}).map(([name, value]) => [`${top}.${name}`, value]));

const deviceValue = (device: string): number | string =>
  /^[0-9]+$/.test(device) ? Number(device) : device;

const percentValue = (percent: number | null): string => (percent === null ? 'off' : `${percent}%`);
