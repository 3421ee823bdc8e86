import type { PointSpan, UsagePoint, UsageTable } from '../model/store-usage.ts';
import type { SampledEnvironment } from '../model/store-upkeep.ts';
import type { Connection } from './connection.ts';
import { containersOf, countedSamples, grown, sampleSpan, type SampleSpan } from './usage-count.ts';

type Points = Pick<UsageTable, 'samples' | 'hours' | 'oldestHour'>;

export const usagePoints = (db: Connection): Points => {
  const samples = db.prepare<
    [SampleSpan & SampledEnvironment & { readonly every: number }],
    UsagePoint
  >(
    `WITH ${countedSamples(containersOf)}
     SELECT unixepoch(timestamp) * 1000 / CAST(@every AS INTEGER) * CAST(@every AS INTEGER) AS at,
       avg(cpu_percent) AS cpuPercent,
       avg(memory_used_gb) * 1073741824 AS memoryBytes,
       100.0 * sum(busy) / nullif(sum(known), 0) AS gpuUtilization,
       avg((SELECT sum(json_extract(value, '$.memory_used')) FROM json_each(gpu_metrics))) * 1048576
         AS gpuMemoryBytes,
       ${moved('network_rx_mb', 'rx')} AS networkRxBytes,
       ${moved('network_tx_mb', 'tx')} AS networkTxBytes,
       ${moved('disk_read_mb', 'rd')} AS diskReadBytes,
       ${moved('disk_write_mb', 'wr')} AS diskWriteBytes
     FROM counted GROUP BY 1 ORDER BY 1`,
  );
  const hours = db.prepare<[PointSpan & SampledEnvironment], UsagePoint>(
    `SELECT hour_ms / CAST(@everyMs AS INTEGER) * CAST(@everyMs AS INTEGER) AS at,
       100 * sum(cpu_core_seconds) / nullif(sum(observed_seconds), 0) AS cpuPercent,
       3600 * sum(memory_gib_hours) / nullif(sum(observed_seconds), 0) * 1073741824 AS memoryBytes,
       100 * sum(gpu_hours_used) / nullif(sum(gpu_hours_measured), 0) AS gpuUtilization,
       NULL AS gpuMemoryBytes,
       sum(network_rx_mb) * 1048576 AS networkRxBytes,
       sum(network_tx_mb) * 1048576 AS networkTxBytes,
       sum(disk_read_mb) * 1048576 AS diskReadBytes,
       sum(disk_write_mb) * 1048576 AS diskWriteBytes
     FROM usage_hours
     WHERE project_id = @projectId AND environment = @environment AND hour_ms >= @from AND hour_ms < @to
     GROUP BY 1 ORDER BY 1`,
  );
  const oldest = db
    .prepare<[string, string], number | null>(
      'SELECT min(hour_ms) FROM usage_hours WHERE project_id = ? AND environment = ?',
    )
    .pluck();
  return {
    samples: ({ projectId, environment }, span) =>
      samples.all({ ...sampleSpan(span), projectId, environment, every: span.everyMs }).map(whole),
    hours: ({ projectId, environment }, { from, to, everyMs }) =>
      hours.all({ projectId, environment, from, to, everyMs }).map(whole),
    oldestHour: ({ projectId, environment }) => oldest.get(projectId, environment) ?? null,
  };
};

/** NULL where no two samples tell of it. */
const moved = (now: string, before: string): string =>
  `sum(CASE WHEN ${before} IS NOT NULL THEN ${grown(now, before)} END) * 1048576`;

/** Bytes are whole, and percent no finer than anybody measured. */
const whole = (point: UsagePoint): UsagePoint => ({
  ...point,
  cpuPercent: rounded(point.cpuPercent, 100),
  gpuUtilization: rounded(point.gpuUtilization, 100),
  memoryBytes: rounded(point.memoryBytes),
  gpuMemoryBytes: rounded(point.gpuMemoryBytes),
  networkRxBytes: rounded(point.networkRxBytes),
  networkTxBytes: rounded(point.networkTxBytes),
  diskReadBytes: rounded(point.diskReadBytes),
  diskWriteBytes: rounded(point.diskWriteBytes),
});

const rounded = (value: number | null, parts = 1): number | null =>
  value === null ? null : Math.round(value * parts) / parts;
