import type { HostConfig } from '../../controller/model/config.ts';
import { formatDuration, formatSize } from '../units.ts';
import { idleValues, type IdleValues } from './idle.ts';
import { configLeaves } from './leaves.ts';
import { receiverValue } from './notices.ts';
import { bracketed } from './listen.ts';
import { metricsValues, type MetricsValues } from './metrics.ts';
import { leastFreeValue, percentValue } from './percent.ts';
import { limitsValue, mapValue } from './quotas.ts';
import { registryValue } from './registries.ts';
import { retentionValues, type RetentionValues } from './retention.ts';
import { watchValue } from './resolve-watch.ts';
import { sourceValue } from './sources.ts';
import type {
  ConfigFile,
  ConfigLimits,
  ConfigReceiver,
  ConfigRegistry,
  ConfigSource,
  ConfigWatchedRoot,
} from './types.generated.ts';

/** Every leaf of the file by its path, in the words of the file; null: not there, and nothing stands in for it. */
export interface ConfigValues extends MetricsValues, RetentionValues, IdleValues {
  readonly watch: readonly WatchValue[];
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
  readonly 'quotas.project': ConfigLimits;
  readonly 'quotas.user': ConfigLimits;
  readonly 'quotas.groups': LimitsByName;
  readonly 'quotas.users': LimitsByName;
  readonly 'quotas.projects': LimitsByName;
  readonly owners: Readonly<Record<string, string | undefined>>;
  readonly 'policy.level': HostConfig['policy']['level'];
  readonly 'policy.images': readonly string[];
  readonly 'policy.exceptions': readonly ExceptionValue[];
  readonly 'people.admins.users': readonly (number | string)[];
  readonly 'people.admins.groups': readonly string[];
  readonly 'people.reading': HostConfig['people']['reading'];
  readonly 'people.roots': readonly string[];
  readonly mountRoots: readonly MountRootValue[];
  readonly sources: readonly SourceValue[];
  readonly notices: readonly ConfigReceiver[];
  readonly listen: string | null;
  readonly registries: readonly ConfigRegistry[];
  readonly catalogueUrl: string;
  readonly 'health.interval': string;
  readonly 'health.gpuInterval': string;
}

export type WatchValue = string | ConfigWatchedRoot;

export interface MountRootValue {
  readonly path: string;
  readonly readOnly?: boolean;
  readonly projects?: readonly string[];
}

export type SourceValue = ConfigSource;

export type LimitsByName = Readonly<Record<string, ConfigLimits | undefined>>;

export interface SharedValue {
  readonly gpus: readonly (number | string)[];
  readonly slots: number;
}

export interface ExceptionValue {
  readonly rule: string;
  readonly project: string;
  readonly until: string;
  readonly reason: string;
}

export interface ReservedValue {
  readonly gpus: readonly (number | string)[];
  readonly for: { readonly projects?: readonly string[]; readonly users?: readonly string[] };
}

export type ConfigLeaf = keyof ConfigValues;

/** A configuration as it would be written; `resolveValues` reads it back the same. */
export const valuesOf = ({
  settings,
  start,
  gpu,
  defaults,
  host,
  queue,
  quotas,
  owners,
  policy,
  people,
  mountRoots,
  sources,
  notices,
  listen,
  registries,
  catalogueUrl,
  metrics,
  idle,
  health,
  retention,
  backups,
}: HostConfig): ConfigValues => ({
  watch: watchValue(start),
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
  'gpu.exclude': gpu.exclude.map(numberOrName),
  'gpu.shared': gpu.shared.map(({ gpus, slots }) => ({ gpus: gpus.map(numberOrName), slots })),
  'gpu.reserved': gpu.reserved.map(({ gpus, for: { projects, users } }) => ({
    gpus: gpus.map(numberOrName),
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
  'host.freeMemory': leastFreeValue(host.freeMemory),
  'host.freeDisk': leastFreeValue(host.freeDisk),
  'queue.order': queue.order,
  'queue.reserveAfter': formatDuration(queue.reserveAfterMs),
  'quotas.project': limitsValue(quotas.project),
  'quotas.user': limitsValue(quotas.user),
  'quotas.groups': mapValue(quotas.groups, limitsValue),
  'quotas.users': mapValue(quotas.users, limitsValue),
  'quotas.projects': mapValue(quotas.projects, limitsValue),
  owners: mapValue(owners, (name) => name),
  'policy.level': policy.level,
  'policy.images': policy.images,
  'policy.exceptions': policy.exceptions.map(({ until, ...rest }) => ({
    ...rest,
    until: new Date(until).toISOString(),
  })),
  'people.admins.users': people.admins.users.map(numberOrName),
  'people.admins.groups': people.admins.groups,
  'people.reading': people.reading,
  'people.roots': people.roots,
  mountRoots: mountRoots.map(({ path, readOnly, projects }) => ({
    path,
    readOnly,
    ...(projects === null ? {} : { projects }),
  })),
  sources: sources.map(sourceValue),
  notices: notices.map(receiverValue),
  listen: listen === null ? null : `${bracketed(listen.host)}:${listen.port}`,
  registries: registries.map(registryValue),
  catalogueUrl,
  ...metricsValues(metrics),
  ...idleValues(idle),
  'health.interval': timeOrOff(health.everyMs),
  'health.gpuInterval': timeOrOff(health.gpuEveryMs),
  ...retentionValues(retention, backups),
});

/** The leaves that a file, which is one by the schema, sets itself. */
export const valuesOfFile = (file: ConfigFile): Partial<ConfigValues> => {
  const flat = { ...file, ...below('subnets', file.subnets), ...below('gpu', file.gpu) };
  const all: Readonly<Record<string, unknown>> = {
    ...flat,
    ...below('defaults', file.defaults),
    ...below('host', file.host),
    ...below('queue', file.queue),
    ...below('quotas', file.quotas),
    ...below('policy', file.policy),
    ...below('metrics', file.metrics),
    ...below('idle', file.idle),
    ...below('health', file.health),
    ...below('retention', file.retention),
    ...below('backups', file.backups),
    ...below('people', file.people),
    ...below('people.admins', file.people?.admins),
  };
  return Object.fromEntries(
    configLeaves.filter((leaf) => all[leaf] !== undefined).map((leaf) => [leaf, all[leaf]]),
  );
};

/** The same as it stands in a file. */
export const fileOfValues = (values: Partial<ConfigValues>): Record<string, unknown> => {
  const file: Record<string, unknown> = { apiVersion: 'mlenv/v1' };
  for (const [leaf, value] of Object.entries(values)) {
    const path = leaf.split('.');
    const name = path.pop() ?? '';
    let map = file;
    for (const part of path) map = (map[part] ??= {}) as Record<string, unknown>;
    map[name] = value;
  }
  return file;
};

const timeOrOff = (ms: number | null): string => (ms === null ? 'off' : formatDuration(ms));

const below = (top: string, map: object | undefined): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(map ?? {}).map(([name, value]) => [`${top}.${name}`, value]));

const numberOrName = (text: string): number | string =>
  /^[0-9]+$/.test(text) ? Number(text) : text;
