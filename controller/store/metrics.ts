import type { GpuUse, HostSample, MetricsTable, UsageSample } from '../model/metrics.ts';
import type { UsagePoint } from '../model/idle.ts';
import type { Connection, Transaction } from './connection.ts';
import { bytesPerMb } from './gpu-rows.ts';
import { fromDatetime, toDatetime } from './time.ts';

const bytesPerGb = 2 ** 30;

export const metricsTable = (db: Connection, transaction: Transaction): MetricsTable => {
  const running = db.prepare<[], ReturnType<MetricsTable['running']>[number]>(
    `SELECT container_id AS containerId, container_name AS containerName,
       unixepoch(started_at) * 1000 AS startedAt
     FROM container_instances WHERE status = 'running' ORDER BY container_id`,
  );
  const sample = db.prepare<[SampleColumns]>(
    `INSERT INTO resource_metrics (container_id, timestamp, cpu_percent, memory_used_gb, memory_percent,
       gpu_metrics, disk_read_mb, disk_write_mb, network_rx_mb, network_tx_mb)
     VALUES (@id, @at, @cpu, @memory, @memoryPercent, @gpus, @diskRead, @diskWrite, @networkRx, @networkTx)`,
  );
  const add = db.prepare<[SampleColumns]>(
    `INSERT INTO usage_sums (container_id, started_at, cpu_percent, cpu_samples, memory_used_gb,
       memory_samples, gpu_utilization, gpu_samples)
     SELECT container_id, started_at, coalesce(@cpu, 0), @cpu IS NOT NULL, coalesce(@memory, 0),
       @memory IS NOT NULL, coalesce(@gpu, 0), @gpu IS NOT NULL
     FROM container_instances WHERE container_id = @id
     ON CONFLICT (container_id) DO UPDATE SET
       cpu_percent = excluded.cpu_percent + iif(started_at IS excluded.started_at, cpu_percent, 0),
       cpu_samples = excluded.cpu_samples + iif(started_at IS excluded.started_at, cpu_samples, 0),
       memory_used_gb = excluded.memory_used_gb
         + iif(started_at IS excluded.started_at, memory_used_gb, 0),
       memory_samples = excluded.memory_samples
         + iif(started_at IS excluded.started_at, memory_samples, 0),
       gpu_utilization = excluded.gpu_utilization
         + iif(started_at IS excluded.started_at, gpu_utilization, 0),
       gpu_samples = excluded.gpu_samples + iif(started_at IS excluded.started_at, gpu_samples, 0),
       started_at = excluded.started_at`,
  );
  // A sum over no samples is NULL: 0 / 0.
  const average = db.prepare<[string]>(
    `UPDATE container_instances SET (cpu_usage_avg, memory_usage_avg_gb, gpu_utilization_avg) =
       (SELECT cpu_percent / cpu_samples, memory_used_gb / memory_samples, gpu_utilization / gpu_samples
        FROM usage_sums WHERE usage_sums.container_id = container_instances.container_id)
     WHERE container_id = ?`,
  );
  const snapshot = db.prepare<[HostColumns]>(
    `INSERT INTO system_snapshots (timestamp, cpu_percent, cpu_cores, memory_total_gb, memory_used_gb,
       memory_available_gb, memory_percent, gpu_stats, load_1min, load_5min, load_15min)
     VALUES (@at, @cpu, @cores, @total, @used, @available, @percent, @gpus, @load1, @load5, @load15)`,
  );
  const page = db.prepare<[string, number], PointRow>(
    `SELECT id, timestamp, cpu_percent AS cpuPercent, gpu_metrics AS gpus,
       network_rx_mb + network_tx_mb AS networkMb
     FROM resource_metrics WHERE container_id = ? AND id < ? ORDER BY id DESC LIMIT ${pageRows}`,
  );
  return {
    running: () => running.all(),
    newest: function* (containerId) {
      let before = Number.MAX_SAFE_INTEGER;
      for (;;) {
        const rows = page.all(containerId, before);
        for (const row of rows) yield pointOf(row);
        before = rows.at(-1)?.id ?? 0;
        if (rows.length < pageRows) return;
      }
    },
    record: ({ at, host, samples }) =>
      transaction(() => {
        if (host !== null) snapshot.run(hostColumns(host, at));
        for (const one of samples) {
          const columns = sampleColumns(one, at);
          sample.run(columns);
          add.run(columns);
          average.run(one.containerId);
        }
      }),
  };
};

const sampleColumns = (sample: UsageSample, at: number) => ({
  id: sample.containerId,
  at: toDatetime(at),
  cpu: sample.cpuPercent,
  memory: over(sample.memoryBytes, bytesPerGb),
  memoryPercent: sample.memoryPercent,
  gpus: gpuJson(sample.gpus),
  gpu: meanUtilization(sample.gpus),
  diskRead: over(sample.diskReadBytes, bytesPerMb),
  diskWrite: over(sample.diskWriteBytes, bytesPerMb),
  networkRx: over(sample.networkRxBytes, bytesPerMb),
  networkTx: over(sample.networkTxBytes, bytesPerMb),
});
type SampleColumns = ReturnType<typeof sampleColumns>;

const hostColumns = (host: HostSample, at: number) => {
  const { memoryTotalBytes: total, memoryAvailableBytes: available } = host;
  const used = total === null || available === null ? null : total - available;
  return {
    at: toDatetime(at),
    cpu: host.cpuPercent,
    cores: host.cores,
    total: over(total, bytesPerGb),
    used: over(used, bytesPerGb),
    available: over(available, bytesPerGb),
    percent: used === null || total === null ? null : (100 * used) / total,
    gpus: gpuJson(host.gpus),
    load1: host.load1,
    load5: host.load5,
    load15: host.load15,
  };
};
type HostColumns = ReturnType<typeof hostColumns>;

/** One that is in use is told apart by its first rows. */
const pageRows = 50;

interface PointRow {
  readonly id: number;
  readonly timestamp: string;
  readonly cpuPercent: number | null;
  readonly gpus: string | null;
  readonly networkMb: number | null;
}

const pointOf = ({ timestamp, cpuPercent, gpus, networkMb }: PointRow): UsagePoint => ({
  at: fromDatetime(timestamp) ?? 0,
  cpuPercent,
  gpuPercent: busiest(gpus),
  networkBytes: networkMb === null ? null : networkMb * bytesPerMb,
});

const busiest = (gpus: string | null): number | null => {
  const list: unknown = gpus === null ? [] : JSON.parse(gpus);
  if (!Array.isArray(list) || list.length === 0) return null;
  const each = list.map((one: { utilization?: unknown }) => one.utilization);
  return each.every((one) => typeof one === 'number') ? Math.max(...each) : null;
};

const over = (value: number | null, unit: number): number | null =>
  value === null ? null : value / unit;

/** The document's keys, and the uuid, as an index moves when a card dies. */
const gpuJson = (gpus: readonly GpuUse[] | null): string | null =>
  gpus === null
    ? null
    : JSON.stringify(
        gpus.map(({ uuid, index, utilization, memoryBytes }) => ({
          gpu_id: index,
          utilization,
          memory_used: memoryBytes === null ? null : Math.round(memoryBytes / bytesPerMb),
          uuid,
        })),
      );

/** null: it has no card, or not every card's is known. */
const meanUtilization = (gpus: readonly GpuUse[] | null): number | null => {
  const known = (gpus ?? []).map(({ utilization }) => utilization);
  if (known.length === 0) return null;
  const sum = known.reduce<number | null>(
    (total, one) => (total === null || one === null ? null : total + one),
    0,
  );
  return sum === null ? null : sum / known.length;
};
