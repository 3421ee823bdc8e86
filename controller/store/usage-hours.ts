import type { SampledEnvironment, UpkeepTable } from '../model/store-upkeep.ts';
import type { Connection } from './connection.ts';
import { toDatetime } from './time.ts';
import { countedSamples, grown, sampleSpan, type SampleSpan } from './usage-count.ts';

export const hourMs = 3_600_000;

/** Samples → hours. */
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
     ), ${countedSamples(
       `wanted w
       JOIN container_instances c ON c.project_id = w.project_id AND c.environment = w.environment`,
     )}
     SELECT project_id, environment, @hour, max(project_path),
            coalesce((SELECT owner_uid FROM project_owners WHERE project_id = counted.project_id), max(user_id)),
            count(*),
            round(total(seconds), 3),
            round(total(cpu_percent / 100 * seconds), 3),
            round(total(memory_used_gb * seconds) / 3600, 6),
            round(total(coalesce(json_array_length(gpu_devices), 0) * seconds) / 3600, 6),
            CASE WHEN total(json_array_length(gpu_devices)) = 0 THEN 0.0 ELSE round(sum(busy * seconds) / 3600, 6) END,
            round(total(${grown('network_rx_mb', 'rx')}), 3),
            round(total(${grown('network_tx_mb', 'tx')}), 3),
            round(total(${grown('disk_read_mb', 'rd')}), 3),
            round(total(${grown('disk_write_mb', 'wr')}), 3),
            round(total(known * seconds) / 3600, 6), 0,
            (SELECT name FROM projects WHERE id = counted.project_id)
     FROM counted GROUP BY project_id, environment`,
  );
  return {
    sampled: (hour) => sampled.all(toDatetime(hour + hourMs), toDatetime(hour)),
    rollUp: (hour, environments) =>
      void rollUp.run({
        environments: JSON.stringify(environments),
        hour,
        ...sampleSpan({ from: hour, to: hour + hourMs }),
      }),
  };
};

interface Asked extends SampleSpan {
  readonly environments: string;
  readonly hour: number;
}
