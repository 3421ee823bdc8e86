import type { HostUse, RunningUse, StoredSample, UsageTable } from '../model/store-usage.ts';
import type { Connection } from './connection.ts';
import { bytesPerMb } from './gpu-rows.ts';
import { fromDatetime, toDatetime } from './time.ts';

const bytesPerGb = 2 ** 30;

export const usageNow = (db: Connection): Pick<UsageTable, 'running' | 'host'> => {
  const running = db.prepare<[], RunningRow>(
    `SELECT container_id AS containerId, project_id AS projectId, environment, started_at AS startedAt,
       cpu_limit AS cpuLimit, CAST(memory_limit_gb * 1073741824 AS INTEGER) AS memoryLimitBytes
     FROM container_instances
     WHERE status = 'running' AND project_id IS NOT NULL AND environment IS NOT NULL
     ORDER BY container_id`,
  );
  const newest = db.prepare<[string, string, number], SampleRow>(
    `SELECT * FROM resource_metrics WHERE container_id = ? AND timestamp >= ?
     ORDER BY timestamp DESC, id DESC LIMIT ?`,
  );
  const host = db.prepare<[], HostRow>(
    'SELECT * FROM system_snapshots ORDER BY timestamp DESC, id DESC LIMIT 1',
  );
  return {
    running: (samples) =>
      running.all().map(({ startedAt, ...one }) => ({
        ...one,
        samples: newest
          .all(one.containerId, startedAt ?? toDatetime(0), samples)
          .map(toSample)
          .toReversed(),
      })),
    host: () => {
      const row = host.get();
      return row === undefined ? null : toHost(row);
    },
  };
};

type RunningRow = Omit<RunningUse, 'samples'> & { readonly startedAt: string | null };

interface SampleRow {
  readonly timestamp: string;
  readonly cpu_percent: number | null;
  readonly memory_used_gb: number | null;
  readonly gpu_metrics: string | null;
  readonly disk_read_mb: number | null;
  readonly disk_write_mb: number | null;
  readonly network_rx_mb: number | null;
  readonly network_tx_mb: number | null;
}

interface HostRow {
  readonly timestamp: string;
  readonly cpu_percent: number | null;
  readonly cpu_cores: number | null;
  readonly memory_total_gb: number | null;
  readonly memory_used_gb: number | null;
  readonly load_1min: number | null;
  readonly load_5min: number | null;
  readonly load_15min: number | null;
}

/** As it is written by metrics.ts, or by a hand. */
interface GpuJson {
  readonly gpu_id: number;
  readonly utilization?: number | null;
  readonly memory_used?: number | null;
}

const toSample = (row: SampleRow): StoredSample => ({
  at: fromDatetime(row.timestamp) ?? 0,
  cpuPercent: row.cpu_percent,
  memoryBytes: times(row.memory_used_gb, bytesPerGb),
  gpus:
    row.gpu_metrics === null
      ? null
      : (JSON.parse(row.gpu_metrics) as readonly GpuJson[]).map((gpu) => ({
          index: gpu.gpu_id,
          utilization: gpu.utilization ?? null,
          memoryBytes: times(gpu.memory_used ?? null, bytesPerMb),
        })),
  diskReadBytes: times(row.disk_read_mb, bytesPerMb),
  diskWriteBytes: times(row.disk_write_mb, bytesPerMb),
  networkRxBytes: times(row.network_rx_mb, bytesPerMb),
  networkTxBytes: times(row.network_tx_mb, bytesPerMb),
});

const toHost = (row: HostRow): HostUse => ({
  at: fromDatetime(row.timestamp) ?? 0,
  cpuPercent: row.cpu_percent,
  cores: row.cpu_cores,
  memoryUsedBytes: times(row.memory_used_gb, bytesPerGb),
  memoryTotalBytes: times(row.memory_total_gb, bytesPerGb),
  load1: row.load_1min,
  load5: row.load_5min,
  load15: row.load_15min,
});

const times = (value: number | null, unit: number): number | null =>
  value === null ? null : Math.round(value * unit);
