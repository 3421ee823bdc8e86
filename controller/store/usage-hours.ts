import type { SampledEnvironment, UpkeepTable } from '../model/store-upkeep.ts';
import type { Connection } from './connection.ts';
import { toDatetime } from './time.ts';

export const hourMs = 3_600_000;

/** Of a longer gap nobody knows what was in it: it counts nothing. */
const gapMs = 300_000;

/**
 * Samples → hours. A sample stands for the time since the one before it, of the same container. Counters
 * begin anew with each start, so that one which fell counts as it is.
 */
export const usageRollUp = (db: Connection): Pick<UpkeepTable, 'sampled' | 'rollUp'> => {
  const sampled = db.prepare<[string, string], SampledEnvironment>(
    `SELECT DISTINCT project_id AS projectId, environment FROM container_instances
     WHERE project_id IS NOT NULL AND environment IS NOT NULL AND created_at < ?
       AND (status <> 'deleted' OR coalesce(stopped_at, created_at) >= ?)
     ORDER BY project_id, environment`,
  );
  const rollUp = db.prepare<[Asked]>(
    `INSERT OR REPLACE INTO usage_hours
     WITH wanted AS (
       SELECT json_extract(value, '$.projectId') AS project_id,
              json_extract(value, '$.environment') AS environment
       FROM json_each(@environments)
     ), sample AS MATERIALIZED (
       SELECT c.project_id, c.environment, c.project_path, c.user_id, c.gpu_devices, m.*,
              (julianday(m.timestamp) - julianday(lag(m.timestamp) OVER whole)) * 86400 AS gap,
              lag(m.network_rx_mb) OVER whole AS rx, lag(m.network_tx_mb) OVER whole AS tx,
              lag(m.disk_read_mb) OVER whole AS rd, lag(m.disk_write_mb) OVER whole AS wr
       FROM wanted w
       JOIN container_instances c ON c.project_id = w.project_id AND c.environment = w.environment
         AND (c.status <> 'deleted' OR coalesce(c.stopped_at, c.created_at) >= @before)
       JOIN resource_metrics m ON m.container_id = c.container_id
         AND m.timestamp >= @before AND m.timestamp < @to
       WINDOW whole AS (PARTITION BY m.container_id ORDER BY m.timestamp, m.id)
     ), counted AS (
       SELECT *, CASE WHEN gap <= @gap THEN gap ELSE 0 END AS seconds,
              (SELECT sum(json_extract(value, '$.utilization')) / 100.0 FROM json_each(gpu_metrics)) AS busy
       FROM sample WHERE timestamp >= @from
     )
     SELECT project_id, environment, @hour, max(project_path), max(user_id), count(*),
            round(total(seconds), 3),
            round(total(cpu_percent / 100 * seconds), 3),
            round(total(memory_used_gb * seconds) / 3600, 6),
            round(total(coalesce(json_array_length(gpu_devices), 0) * seconds) / 3600, 6),
            CASE WHEN total(json_array_length(gpu_devices)) = 0 THEN 0.0 ELSE round(sum(busy * seconds) / 3600, 6) END,
            round(total(${grown('network_rx_mb', 'rx')}), 3),
            round(total(${grown('network_tx_mb', 'tx')}), 3),
            round(total(${grown('disk_read_mb', 'rd')}), 3),
            round(total(${grown('disk_write_mb', 'wr')}), 3)
     FROM counted GROUP BY project_id, environment`,
  );
  return {
    sampled: (hour) => sampled.all(toDatetime(hour + hourMs), toDatetime(hour)),
    rollUp: (hour, environments) =>
      void rollUp.run({
        environments: JSON.stringify(environments),
        hour,
        before: toDatetime(hour - gapMs),
        from: toDatetime(hour),
        to: toDatetime(hour + hourMs),
        gap: gapMs / 1000,
      }),
  };
};

/** Bytes count although the time between is not known: they were surely moved. */
const grown = (now: string, before: string): string =>
  `CASE WHEN ${before} IS NULL THEN 0 WHEN ${now} < ${before} THEN ${now} ELSE ${now} - ${before} END`;

interface Asked {
  readonly environments: string;
  readonly hour: number;
  readonly before: string;
  readonly from: string;
  readonly to: string;
  readonly gap: number;
}
