import type { Span } from '../model/store-usage.ts';
import { toDatetime } from './time.ts';

/** Of a longer gap nobody knows what was in it: it counts nothing. */
const gapMs = 300_000;

/**
 * Table expressions that end in `counted`: the samples of @from to @to, each with the time that it stands for,
 * which is that since the one before it of the same container. Counters begin anew with each start, so that
 * one which fell counts as it is. `containers` is what follows FROM and has container_instances as c.
 */
export const countedSamples = (containers: string): string => `sample AS MATERIALIZED (
       SELECT c.project_id, c.environment, c.project_path, c.user_id, c.gpu_devices, m.*,
              (julianday(m.timestamp) - julianday(lag(m.timestamp) OVER whole)) * 86400 AS gap,
              lag(m.network_rx_mb) OVER whole AS rx, lag(m.network_tx_mb) OVER whole AS tx,
              lag(m.disk_read_mb) OVER whole AS rd, lag(m.disk_write_mb) OVER whole AS wr
       FROM ${containers}
       CROSS JOIN resource_metrics m ON m.container_id = c.container_id
         AND (c.status <> 'deleted' OR coalesce(c.stopped_at, c.created_at) >= @before)
         AND m.timestamp >= @before AND m.timestamp < @to
       WINDOW whole AS (PARTITION BY m.container_id ORDER BY m.timestamp, m.id)
     ), counted AS (
       SELECT *, CASE WHEN gap <= @gap THEN gap ELSE 0 END AS seconds,
              (SELECT sum(json_extract(value, '$.utilization')) / 100.0 FROM json_each(gpu_metrics)) AS busy,
              (SELECT count(json_extract(value, '$.utilization')) FROM json_each(gpu_metrics)) AS known
       FROM sample WHERE timestamp >= @from
     )`;

/** Of one environment, for `countedSamples`. */
export const containersOf = `(SELECT * FROM container_instances
         WHERE project_id = @projectId AND environment = @environment) c`;

/** Bytes count although the time between is not known: they were surely moved. */
export const grown = (now: string, before: string): string =>
  `CASE WHEN ${before} IS NULL THEN 0 WHEN ${now} < ${before} THEN ${now} ELSE ${now} - ${before} END`;

export interface SampleSpan {
  readonly before: string;
  readonly from: string;
  readonly to: string;
  /** Seconds. */
  readonly gap: number;
}

/** What `countedSamples` asks for. */
export const sampleSpan = ({ from, to }: Span): SampleSpan => ({
  before: toDatetime(Math.max(0, from - gapMs)),
  from: toDatetime(from),
  // Samples bear whole seconds.
  to: toDatetime(Math.ceil(to / 1000) * 1000),
  gap: gapMs / 1000,
});
