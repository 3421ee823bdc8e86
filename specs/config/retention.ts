import type { HostConfig } from '../../controller/model/config.ts';
import { durationOf, sizeOf, type Range, type Report } from '../resolve-scalars.ts';
import { formatDuration, formatSize } from '../units.ts';

/** Leaves of `retention` and `backups`, in the words of the file. */
export interface RetentionValues {
  readonly 'retention.events': string;
  readonly 'retention.audit': string;
  readonly 'retention.metrics': string;
  readonly 'retention.snapshots': string;
  readonly 'retention.usage': string;
  readonly 'retention.healthChecks': string;
  readonly 'retention.deletedContainers': string;
  readonly 'retention.generations': string;
  readonly 'retention.runs': string;
  readonly 'retention.runLogs': string;
  readonly 'retention.maxRows': number;
  readonly 'retention.maxBytes': string;
  readonly 'retention.freeDisk': string;
  readonly 'backups.keep': number;
  readonly 'backups.at': string;
}

export const retentionOf = (values: RetentionValues, report: Report): HostConfig['retention'] => {
  const kept = (leaf: KeptLeaf): number =>
    durationOf(values[`retention.${leaf}`], ['retention', leaf], keepRange, report);
  return {
    eventsMs: kept('events'),
    auditMs: kept('audit'),
    metricsMs: kept('metrics'),
    snapshotsMs: kept('snapshots'),
    usageMs: kept('usage'),
    healthChecksMs: kept('healthChecks'),
    deletedContainersMs: kept('deletedContainers'),
    generationsMs: kept('generations'),
    runsMs: kept('runs'),
    runLogBytes: sizeOf(values['retention.runLogs'], ['retention', 'runLogs'], copiesSize, report),
    maxRows: values['retention.maxRows'],
    maxBytes: sizeOf(values['retention.maxBytes'], ['retention', 'maxBytes'], recordSize, report),
    freeDiskBytes: sizeOf(
      values['retention.freeDisk'],
      ['retention', 'freeDisk'],
      freeSpace,
      report,
    ),
  };
};

/** The schema has looked at its form. */
export const backupsOf = (values: RetentionValues): HostConfig['backups'] => {
  const [hour = 0, minute = 0] = values['backups.at'].split(':').map(Number);
  return { keep: values['backups.keep'], atMinute: hour * 60 + minute };
};

export const retentionValues = (
  retention: HostConfig['retention'],
  backups: HostConfig['backups'],
): RetentionValues => ({
  'retention.events': formatDuration(retention.eventsMs),
  'retention.audit': formatDuration(retention.auditMs),
  'retention.metrics': formatDuration(retention.metricsMs),
  'retention.snapshots': formatDuration(retention.snapshotsMs),
  'retention.usage': formatDuration(retention.usageMs),
  'retention.healthChecks': formatDuration(retention.healthChecksMs),
  'retention.deletedContainers': formatDuration(retention.deletedContainersMs),
  'retention.generations': formatDuration(retention.generationsMs),
  'retention.runs': formatDuration(retention.runsMs),
  'retention.runLogs': formatSize(retention.runLogBytes),
  'retention.maxRows': retention.maxRows,
  'retention.maxBytes': formatSize(retention.maxBytes),
  'retention.freeDisk': formatSize(retention.freeDiskBytes),
  'backups.keep': backups.keep,
  'backups.at': timeOfDay(backups.atMinute),
});

/** In the order of the schema. */
export const retentionLeaves: readonly (keyof RetentionValues)[] = [
  'retention.events',
  'retention.audit',
  'retention.metrics',
  'retention.snapshots',
  'retention.usage',
  'retention.healthChecks',
  'retention.deletedContainers',
  'retention.generations',
  'retention.runs',
  'retention.runLogs',
  'retention.maxRows',
  'retention.maxBytes',
  'retention.freeDisk',
  'backups.keep',
  'backups.at',
];

const timeOfDay = (minute: number): string =>
  [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');

type KeptLeaf =
  | 'events'
  | 'audit'
  | 'metrics'
  | 'snapshots'
  | 'usage'
  | 'healthChecks'
  | 'deletedContainers'
  | 'generations'
  | 'runs';

const keepRange: Range = { min: 3_600_000, max: 3650 * 86_400_000, says: '1h to 3650d' };
const recordSize: Range = { min: 16 * 2 ** 20, max: 2 ** 50, says: '16MB to 1024TB' };
const copiesSize: Range = { min: 0, max: 2 ** 50, says: 'at most 1024TB' };
const freeSpace: Range = { min: 0, max: 2 ** 50, says: 'at most 1024TB' };
