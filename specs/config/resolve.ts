import { posix } from 'node:path';
import { type HostConfig } from '../../controller/model/config.ts';
import { systemFolderAt } from '../../controller/model/system-folders.ts';
import { defaultSettings, type Settings } from '../../controller/model/context.ts';
import { fault, fieldName, type Path } from '../fault.ts';
import { quoted } from '../safe-text.ts';
import { durationOf, sizeOf, type Range, type Report } from '../resolve-scalars.ts';
import { declaredCards } from './cards.ts';
import { receiversOf } from './notices.ts';
import { idleConfigOf } from './idle.ts';
import { listenOf } from './listen.ts';
import { metricsOf } from './metrics.ts';
import { leastFreeOf, percentOf } from './percent.ts';
import { ownersOf, quotasOf } from './quotas.ts';
import { registriesOf, webAddress } from './registries.ts';
import { policyOf } from './resolve-policy.ts';
import { watchOf } from './resolve-watch.ts';
import { backupsOf, retentionOf } from './retention.ts';
import { sourcesOf } from './sources.ts';
import type { ConfigValues } from './values.ts';

/** What lies elsewhere for each who runs MLEnv. */
export interface Own {
  /** Folders that are MLEnv's own here. */
  readonly folders: readonly string[];
  /** What ~ stands for; null: for nothing. */
  readonly home: string | null;
  /** A user's own instance, and not the machine's. */
  readonly instance: boolean;
}

/** Values that are of the schema's form to numbers. Reports what the schema cannot say. */
export const resolveValues = (
  values: ConfigValues,
  report: Report,
  own: Own = { folders: [], home: null, instance: false },
): HostConfig => ({
  own: own.instance,
  settings: {
    ...defaultSettings,
    pruneGraceMs: durationOf(values.pruneGrace, ['pruneGrace'], upToAYear, report),
    autoPorts: portsOf(values.autoPorts, ['autoPorts'], report),
    subnets: subnetsOf(values, report),
  },
  ...watchOf(values.watch, own, report),
  gpu: gpuOf(values, report),
  defaults: {
    cpus: values['defaults.cpus'],
    memoryBytes:
      values['defaults.memory'] === null
        ? null
        : sizeOf(values['defaults.memory'], ['defaults', 'memory'], containerMemory, report),
  },
  host: {
    memoryPercent: percentOf(values['host.memory'], ['host', 'memory'], report),
    cpuPercent: percentOf(values['host.cpu'], ['host', 'cpu'], report),
    freeMemory: leastFreeOf(values['host.freeMemory'], ['host', 'freeMemory'], report),
    loadPerCore: values['host.load'] === 'off' ? null : values['host.load'],
    freeDisk: leastFreeOf(values['host.freeDisk'], ['host', 'freeDisk'], report),
  },
  queue: {
    order: values['queue.order'],
    reserveAfterMs: durationOf(
      values['queue.reserveAfter'],
      ['queue', 'reserveAfter'],
      upToAYear,
      report,
    ),
  },
  quotas: quotasOf(values, report, own),
  owners: ownersOf(values.owners, report),
  policy: policyOf(values, report),
  people: {
    admins: {
      users: values['people.admins.users'].map(String),
      groups: values['people.admins.groups'],
    },
    reading: values['people.reading'],
    roots: [...new Set(values['people.roots'].map(folderOf))],
  },
  mountRoots: mountRootsOf(values.mountRoots, own.folders, report),
  metrics: metricsOf(values, report),
  health: {
    everyMs: timeOrOff(values['health.interval'], ['health', 'interval'], noteRange, report),
    gpuEveryMs: timeOrOff(
      values['health.gpuInterval'],
      ['health', 'gpuInterval'],
      gpuLookRange,
      report,
    ),
  },
  idle: idleConfigOf(values, report),
  retention: retentionOf(values, report),
  backups: backupsOf(values),
  sources: sourcesOf(values.sources, report),
  notices: receiversOf(values.notices, report),
  listen: values.listen === null ? null : listenOf(values.listen, report),
  registries: registriesOf(values.registries, report),
  catalogueUrl: webAddress(values.catalogueUrl, ['catalogueUrl'], report),
});

const mountRootsOf = (
  roots: ConfigValues['mountRoots'],
  own: readonly string[],
  report: Report,
): HostConfig['mountRoots'] => {
  const seen = new Set<string>();
  return roots.map(({ path: given, readOnly = true, projects }, index) => {
    const path = folderOf(given);
    const at = ['mountRoots', index, 'path'];
    const bad = path === '/' ? '/' : systemFolderAt(path, own);
    if (bad !== null) report(systemRoot(at, path, bad));
    if (seen.has(path)) {
      const message = `${quoted(path)} stands in mountRoots already`;
      report(fault('E_CONFLICT', at, { message, hint: 'keep one of the two' }));
    }
    seen.add(path);
    return { path, readOnly, projects: projects?.map(folderOf) ?? null };
  });
};

const systemRoot = (at: Path, path: string, bad: string): ReturnType<typeof fault> =>
  fault('E_PATH', at, {
    message:
      path === bad
        ? `${quoted(path)} cannot be a mount root: it is the system's, the engine's or MLEnv's own`
        : `${quoted(path)} cannot be a mount root: it and ${quoted(bad)} lie in each other`,
    hint: 'name a folder that holds nothing but data, such as /datasets',
  });

const gpuOf = (values: ConfigValues, report: Report): HostConfig['gpu'] => ({
  nvidiaSmi: values['gpu.nvidiaSmi'] === 'none' ? null : values['gpu.nvidiaSmi'],
  injection: values['gpu.injection'],
  pollMs: durationOf(values['gpu.poll'], ['gpu', 'poll'], pollRange, report),
  timeoutMs: durationOf(values['gpu.timeout'], ['gpu', 'timeout'], timeoutRange, report),
  foreignMemoryBytes: sizeOf(
    values['gpu.foreignMemory'],
    ['gpu', 'foreignMemory'],
    anySize,
    report,
  ),
  recoverAfter: values['gpu.recoverAfter'],
  ...declaredCards(values, report),
});

const subnetsOf = (values: ConfigValues, report: Report): Settings['subnets'] => {
  const { 'subnets.range': base, 'subnets.prefix': prefix } = values;
  const [address = '', bits = ''] = base.split('/');
  if (address.split('.').some((part) => Number(part) > 255) || Number(bits) > 29) {
    const hint = 'write an IPv4 range, such as 10.213.0.0/16';
    report(wrong(['subnets', 'range'], base, hint));
  } else if (Number(bits) < 8) {
    report(wrong(['subnets', 'range'], base, 'its prefix must be 8 to 29'));
  } else if (prefix < Number(bits)) {
    const message = `a network of prefix ${prefix} does not fit into the range ${base}`;
    const hint = `subnets.prefix must be ${bits} to 29`;
    report(fault('E_RANGE', ['subnets', 'prefix'], { message, hint }));
  }
  return { base, prefix };
};

const portsOf = (text: string, path: Path, report: Report): Settings['autoPorts'] => {
  const [from = 0, to = 0] = text.split('-').map(Number);
  if (from < 1024 || to > 65_535) report(wrong(path, text, 'ports must be 1024 to 65535'));
  else if (to < from) report(wrong(path, text, 'the lower port stands first'));
  return { from, to };
};

const timeOrOff = (text: string, path: Path, range: Range, report: Report): number | null =>
  text === 'off' ? null : durationOf(text, path, range, report);

const wrong = (path: Path, text: string, hint: string): ReturnType<typeof fault> =>
  fault('E_RANGE', path, { message: `${fieldName(path)} cannot be ${quoted(text)}`, hint });

const folderOf = (folder: string): string => posix.resolve('/', folder);

const pollRange: Range = { min: 1000, max: 3_600_000, says: '1s to 1h' };
const noteRange: Range = { min: 10_000, max: 3_600_000, says: '10s to 1h' };
const gpuLookRange: Range = { min: 1000, max: 86_400_000, says: '1s to 24h' };
const timeoutRange: Range = { min: 1000, max: 600_000, says: '1s to 10m' };
const upToAYear: Range = { min: 0, max: 365 * 86_400_000, says: 'at most 365d' };
const anySize: Range = { min: 0, max: 2 ** 50, says: 'at most 1024TB' };
const containerMemory: Range = { min: 6 * 2 ** 20, max: 2 ** 50, says: '6MB to 1024TB' };
