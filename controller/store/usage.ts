import type { GpuHeld, Span, UsageSpent, UsageTable } from '../model/store-usage.ts';
import type { SampledEnvironment } from '../model/store-upkeep.ts';
import type { Connection } from './connection.ts';
import { containersOf, countedSamples, sampleSpan, type SampleSpan } from './usage-count.ts';
import { usageNow } from './usage-now.ts';
import { usagePoints } from './usage-points.ts';

/** Reads back what was used. */
export const usageTable = (db: Connection): UsageTable => {
  const bySamples = db.prepare<[SampleSpan & SampledEnvironment], UsageSpent>(
    `WITH ${countedSamples(containersOf)}
     SELECT project_id AS projectId, environment, (SELECT name FROM projects WHERE id = project_id) AS projectName,
       project_path AS projectPath, user_id AS userId, max(unixepoch(timestamp)) * 1000 AS lastAt,
       total(seconds) / 3600 AS measuredHours,
       total(cpu_percent / 100 * seconds) / 3600 AS cpuHours,
       total(memory_used_gb * seconds) / 3600 AS memoryGibHours,
       total(known * seconds) / 3600 AS gpuHoursMeasured,
       total(busy * seconds) / 3600 AS gpuHoursUsed,
       0.0 AS gpuHoursUnleased
     FROM counted GROUP BY project_id, environment`,
  );
  // Of columns that are not summed SQLite takes those of the row with the maximum.
  const byHours = db.prepare<[Span & SampledEnvironment], UsageSpent>(
    `SELECT project_id AS projectId, environment, project_name AS projectName, project_path AS projectPath,
       user_id AS userId, max(hour_ms) AS lastAt,
       total(observed_seconds) / 3600 AS measuredHours,
       total(cpu_core_seconds) / 3600 AS cpuHours,
       total(memory_gib_hours) AS memoryGibHours,
       total(gpu_hours_measured) AS gpuHoursMeasured,
       total(gpu_hours_used) AS gpuHoursUsed,
       total(gpu_hours_unleased) AS gpuHoursUnleased
     FROM usage_hours
     WHERE project_id = @projectId AND environment = @environment AND hour_ms >= @from AND hour_ms < @to
     GROUP BY project_id, environment`,
  );
  // From one to the next by the key, past all the hours of each.
  const nextWithHours = db.prepare<[SampledEnvironment], SampledEnvironment>(
    `SELECT project_id AS projectId, environment FROM usage_hours
     WHERE (project_id, environment) > (@projectId, @environment)
     ORDER BY project_id, environment LIMIT 1`,
  );
  const withContainers = db.prepare<[string], SampledEnvironment>(
    `SELECT DISTINCT project_id AS projectId, environment FROM container_instances
     WHERE project_id IS NOT NULL AND environment IS NOT NULL
       AND (status <> 'deleted' OR coalesce(stopped_at, created_at) >= ?)`,
  );
  const leased = db.prepare<[Span], GpuHeld>(
    `SELECT project_id AS projectId, environment, project_name AS projectName, project_path AS projectPath,
       user_id AS userId, max(began_at_ms) AS lastAt,
       total(min(coalesce(ended_at_ms, @to), @to) - max(began_at_ms, @from)) / 3600000 AS gpuHours
     FROM gpu_lease_history
     WHERE (ended_at_ms IS NULL OR ended_at_ms > @from) AND began_at_ms < @to
     GROUP BY project_id, environment`,
  );
  return {
    ...usageNow(db),
    ...usagePoints(db),
    spenders: (span) => {
      const all = new Map<string, SampledEnvironment>();
      const add = (of: SampledEnvironment): void => {
        all.set(`${of.projectId}/${of.environment}`, of);
      };
      let last: SampledEnvironment | undefined = { projectId: '', environment: '' };
      while ((last = nextWithHours.get(last)) !== undefined) add(last);
      for (const of of withContainers.all(sampleSpan(span).before)) add(of);
      return [...all.values()];
    },
    spentBySamples: (of, span) => bySamples.get({ ...sampleSpan(span), ...of }) ?? null,
    spentByHours: (of, span) => byHours.get({ ...of, ...span }) ?? null,
    leased: (span) => leased.all(span),
  };
};
